import { createHmac } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import type { JwtSettings } from '../../../src/config.ts'
import { verifyJwt } from '../../../src/edge/jwt.ts'
import { problemOf } from '../support/host.ts'
import { encoded, seconds, serveKeys } from '../support/tokens.ts'

const rsa = await generateKeyPair('RS256', { extractable: true })
const ec = await generateKeyPair('ES256', { extractable: true })
const stranger = await generateKeyPair('RS256', { extractable: true })
const provider = await serveKeys([
  { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
  { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
])
afterAll(() => provider.close())

const key = { jwksUrl: provider.url }
const rs256: JwtSettings = { key, algorithm: 'RS256', issuer: undefined, audience: undefined }
const es256: JwtSettings = { ...rs256, algorithm: 'ES256' }
const claims = { user_id: 'acme', exp: seconds(60) }

type Signer = typeof rsa.privateKey
const signed = (header: { alg: string }, by: Signer) =>
  new SignJWT(claims).setProtectedHeader(header).sign(by)

test('a token signed with a key of the set gives its claims', async () => {
  expect(await verifyJwt(await signed(header('RS256', 'rsa'), rsa.privateKey), rs256)).toEqual(claims)
  expect(await verifyJwt(await signed(header('ES256', 'ec'), ec.privateKey), es256)).toEqual(claims)
})

test('the key set is fetched once for many tokens', async () => {
  const own: JwtSettings = { ...rs256 }
  const before = provider.requests()
  const token = await signed(header('RS256', 'rsa'), rsa.privateKey)
  for (let count = 0; count < 5; count++) await verifyJwt(token, own)
  expect(provider.requests()).toBe(before + 1)
})

test('a token of the other algorithm is refused although its key is in the set', async () => {
  const token = await signed(header('ES256', 'ec'), ec.privateKey)
  expect(await problemOf(verifyJwt(token, rs256))).toMatchObject({ code: 'invalid_token' })
})

test('a token that takes the public key for a secret is refused', async () => {
  const publicKey = await exportSPKI(rsa.publicKey)
  const content = `${encoded({ alg: 'HS256', kid: 'rsa' })}.${encoded(claims)}`
  for (const secret of [publicKey, publicKey.trim(), JSON.stringify(await exportJWK(rsa.publicKey))]) {
    const token = `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
    expect(await problemOf(verifyJwt(token, rs256))).toMatchObject({
      code: 'invalid_token',
      detail: 'The algorithm of the token is not the expected one.',
    })
  }
})

test('a key that comes with the token, or an address of one, is not used', async () => {
  const own = await serveKeys([{ ...(await exportJWK(stranger.publicKey)), kid: 'rsa', alg: 'RS256' }])
  const jwk = await exportJWK(stranger.publicKey)
  for (const extra of [{ jwk }, { jku: own.url }, { x5u: own.url }]) {
    const token = await signed({ ...header('RS256', 'rsa'), ...extra }, stranger.privateKey)
    expect(await problemOf(verifyJwt(token, rs256))).toMatchObject({ code: 'invalid_token' })
  }
  expect(own.requests()).toBe(0)
  await own.close()
})

test.each(['unknown', '../../etc/passwd', 'x'.repeat(4_000)])(
  'the key id %.20s finds no key',
  async (kid) => {
    const token = await signed(header('RS256', kid), rsa.privateKey)
    expect(await problemOf(verifyJwt(token, rs256))).toMatchObject({
      code: 'invalid_token',
      detail: 'The key of the token is not known.',
    })
  },
)

test('nobody gets in, and nobody is called a forger, when the key set cannot be fetched', async () => {
  const gone = await serveKeys([])
  await gone.close()
  const token = await signed(header('RS256', 'rsa'), rsa.privateKey)
  const problem = await problemOf(verifyJwt(token, { ...rs256, key: { jwksUrl: gone.url } }))
  expect(problem).toMatchObject({ code: 'keys_unavailable', detail: undefined })
})

describe('where several keys of the set fit a token', async () => {
  const [one, two] = [
    await generateKeyPair('RS256', { extractable: true }),
    await generateKeyPair('RS256', { extractable: true }),
  ]
  const setOf = async (...kids: (string | undefined)[]) =>
    serveKeys(
      await Promise.all(
        [one, two].map(async ({ publicKey }, n) => ({
          ...(await exportJWK(publicKey)),
          ...(kids[n] !== undefined && { kid: kids[n] }),
          alg: 'RS256',
        })),
      ),
    )

  test.each([
    ['the token names none', ['a', 'b'], { alg: 'RS256' }],
    ['two have the name that it names', ['a', 'a'], { alg: 'RS256', kid: 'a' }],
    ['none has a name', [undefined, undefined], { alg: 'RS256' }],
  ])('each is tried: %s', async (_, kids, named) => {
    const set = await setOf(...kids)
    const settings = { ...rs256, key: { jwksUrl: set.url } }
    for (const { privateKey } of [one, two]) {
      expect(await verifyJwt(await signed(named, privateKey), settings)).toEqual(claims)
    }
    const forged = await problemOf(verifyJwt(await signed(named, stranger.privateKey), settings))
    expect(forged).toMatchObject({ code: 'invalid_token', detail: 'The signature of the token is wrong.' })
    const expired = new SignJWT({ ...claims, exp: seconds(-60) })
      .setProtectedHeader(named)
      .sign(two.privateKey)
    expect(await problemOf(verifyJwt(await expired, settings))).toMatchObject({
      detail: 'The token has expired.',
    })
    await set.close()
  })
})

function header(alg: string, kid: string) {
  return { alg, kid }
}
