import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  isSessionToken,
  issueSessionToken,
  SESSION_S,
  sessionKey,
} from '../../../../src/edge/dashboard/session-token.ts'

const KEY = sessionKey('an-admin-token-of-at-least-32-characters')
const NOW = new Date('2026-11-21T12:00:00Z')
const issue = (id = 'one') => issueSessionToken(KEY, { now: NOW, id })
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

describe('a session', () => {
  it('is good for eight hours and not a second longer', async () => {
    const token = await issue()
    expect(SESSION_S).toBe(8 * 3600)
    expect(await isSessionToken(token, KEY, NOW)).toBe(true)
    expect(await isSessionToken(token, KEY, later(SESSION_S - 1))).toBe(true)
    expect(await isSessionToken(token, KEY, later(SESSION_S))).toBe(false)
  })

  it('ends when the admin token is changed', async () => {
    expect(await isSessionToken(await issue(), sessionKey('another-admin-token-of-32-characters'), NOW)).toBe(
      false,
    )
  })

  it('is not the same as another one of the same second', async () => {
    expect(await issue('one')).not.toBe(await issue('two'))
  })

  it('holds nothing of the admin token, nor is its key the token', async () => {
    const payload = Buffer.from((await issue()).split('.')[1] ?? '', 'base64url').toString()
    expect(JSON.parse(payload)).toEqual({ jti: 'one', exp: NOW.getTime() / 1000 + SESSION_S })
    expect(KEY).toHaveLength(32)
    expect(Buffer.from(KEY).toString()).not.toContain('admin')
  })
})

describe('no session', () => {
  const signed = (typ: string, claims: Record<string, unknown>, key: Uint8Array = KEY) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ }).sign(key)
  const exp = NOW.getTime() / 1000 + 60

  it.each([
    ['one whose signature was changed', async () => `${(await issue()).slice(0, -2)}AA`],
    [
      'one whose claims were changed',
      async () => {
        const [head, , signature] = (await issue()).split('.')
        const claims = Buffer.from(JSON.stringify({ jti: 'one', exp: exp * 2 })).toString('base64url')
        return `${head}.${claims}.${signature}`
      },
    ],
    [
      'one that says it needs no signature',
      async () => {
        const head = Buffer.from('{"alg":"none","typ":"rockpool-session.1"}').toString('base64url')
        return `${head}.${(await issue()).split('.')[1]}.`
      },
    ],
    ['a token for something else under the same key', () => signed('JWT', { jti: 'one', exp })],
    ['one without an end', () => signed('rockpool-session.1', { jti: 'one' })],
    ['nothing', async () => ''],
    ['what is no token', async () => 'a.b.c'],
  ])('is %s', async (_, token) => {
    expect(await isSessionToken(await token(), KEY, NOW)).toBe(false)
  })
})
