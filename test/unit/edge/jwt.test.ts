import { createHmac } from 'node:crypto'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { JwtSettings } from '../../../src/config.ts'
import { verifyJwt } from '../../../src/edge/jwt.ts'
import { problemOf } from '../support/host.ts'
import { encoded, SECRET, seconds } from '../support/tokens.ts'

const settings: JwtSettings = {
  key: { secret: SECRET },
  algorithm: 'HS256',
  issuer: 'https://id.test',
  audience: 'rockpool',
}
const claims = { user_id: 'acme', iss: 'https://id.test', aud: 'rockpool', exp: seconds(60) }

function signed(payload: object, header: object = {}, secret = SECRET): string {
  const content = `${encoded({ alg: 'HS256', ...header })}.${encoded(payload)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

const without = (name: keyof typeof claims) => ({ ...claims, [name]: undefined })

test('a good token gives its claims', async () => {
  expect(await verifyJwt(signed(claims), settings)).toEqual(claims)
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(SECRET))
  expect(await verifyJwt(token, settings)).toEqual(claims)
})

test('one audience of several is enough', async () => {
  const aud = ['other', 'rockpool']
  expect(await verifyJwt(signed({ ...claims, aud }), settings)).toMatchObject({ aud })
})

test('issuer and audience are asked for only where the deployment names them', async () => {
  const open: JwtSettings = { ...settings, issuer: undefined, audience: undefined }
  expect(await verifyJwt(signed({ user_id: 'acme', exp: seconds(60) }), open)).toMatchObject({
    user_id: 'acme',
  })
})

const EXPIRED = 'The token has expired.'
const EARLY = 'The token is not valid yet.'
const ISSUER = 'The token has another issuer.'
const AUDIENCE = 'The token is for another audience.'
const SIGNATURE = 'The signature of the token is wrong.'
const ALGORITHM = 'The algorithm of the token is not the expected one.'
const MALFORMED = 'The token is malformed.'
const LONG = 'The token is too long: at most 8192 characters are read.'
const missing = (claim: string) => `The token has no claim ${claim}.`
const invalid = (claim: string) => `The claim ${claim} of the token is not valid.`

test.each<[string, string, string]>([
  ['expired', EXPIRED, signed({ ...claims, exp: seconds(-1) })],
  ['without exp', missing('exp'), signed(without('exp'))],
  ['with exp as text', invalid('exp'), signed({ ...claims, exp: '9999999999' })],
  ['with exp null', invalid('exp'), signed({ ...claims, exp: null })],
  ['not yet valid', EARLY, signed({ ...claims, nbf: seconds(60) })],
  ['with nbf as text', invalid('nbf'), signed({ ...claims, nbf: '0' })],
  ['with another issuer', ISSUER, signed({ ...claims, iss: 'https://evil.test' })],
  ['without issuer', missing('iss'), signed(without('iss'))],
  ['with another audience', AUDIENCE, signed({ ...claims, aud: 'other' })],
  ['with audiences that lack ours', AUDIENCE, signed({ ...claims, aud: ['other', 'rockpool2'] })],
  ['without audience', missing('aud'), signed(without('aud'))],
  ['signed with another key', SIGNATURE, signed(claims, {}, 'x'.repeat(32))],
  ['whose claims were changed', SIGNATURE, changed(signed(claims))],
  ['expired and signed with another key', SIGNATURE, signed({ exp: 0 }, {}, 'x'.repeat(32))],
  ['without signature', SIGNATURE, `${signed(claims).split('.').slice(0, 2).join('.')}.`],
  ['of algorithm none', ALGORITHM, `${encoded({ alg: 'none' })}.${encoded(claims)}.`],
  ['of algorithm None with a signature', ALGORITHM, signed(claims, { alg: 'None' })],
  ['of algorithm hs256', ALGORITHM, signed(claims, { alg: 'hs256' })],
  ['of another algorithm of the same family', ALGORITHM, signed(claims, { alg: 'HS512' })],
  ['whose algorithm is a list', MALFORMED, signed(claims, { alg: ['HS256'] })],
  ['without algorithm', MALFORMED, signed(claims, { alg: undefined })],
  ['with a critical header that is not known', MALFORMED, signed(claims, { crit: ['b64'], b64: false })],
  ['of two parts', MALFORMED, signed(claims).split('.').slice(0, 2).join('.')],
  ['of four parts', MALFORMED, `${signed(claims)}.x`],
  ['of five parts', MALFORMED, `${signed(claims)}.x.y`],
  ['that is not base64url', MALFORMED, '+++.///.==='],
  ['whose payload is not an object', MALFORMED, signed(['acme'])],
  ['that is empty', MALFORMED, ''],
  ['that is huge', LONG, signed({ ...claims, pad: 'x'.repeat(100_000) })],
])('a token %s is refused: %s', async (_, detail, token) => {
  const problem = await problemOf(verifyJwt(token, settings))
  expect(problem).toMatchObject({ code: 'invalid_token', status: 401, detail })
  expect(problem.cause).toBeUndefined()
})

test('a token of 8192 characters is read and a longer one is not', async () => {
  const fits = (length: number) => {
    for (let pad = 0; ; pad++) {
      const token = signed({ ...claims, pad: 'x'.repeat(5_500 + pad) })
      if (token.length >= length) return token
    }
  }
  const longest = fits(8_191)
  expect(longest.length).toBeLessThanOrEqual(8_192)
  expect(await verifyJwt(longest, settings)).toMatchObject({ user_id: 'acme' })
  expect(await problemOf(verifyJwt(fits(8_193), settings))).toMatchObject({ code: 'invalid_token' })
})

function changed(token: string): string {
  const [header, , signature] = token.split('.')
  return `${header}.${encoded({ ...claims, user_id: 'other' })}.${signature}`
}

test('a token that was found good is good again, and only with the settings that vouched for it', async () => {
  const token = signed(claims)
  expect(await verifyJwt(token, settings)).toEqual(claims)
  expect(await verifyJwt(token, settings)).toEqual(claims)
  const others: JwtSettings = { ...settings, audience: 'somebody else' }
  expect(await problemOf(verifyJwt(token, others))).toMatchObject({ code: 'invalid_token', detail: AUDIENCE })
})
