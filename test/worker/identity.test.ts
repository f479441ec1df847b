import { env } from 'cloudflare:workers'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { newTenant, send, workerWith } from './support.ts'

const secret = new TextEncoder().encode(env.JWT_SECRET)
const token = (claims: Record<string, unknown>, expires = '5m') =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expires).sign(secret)

const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

describe('who is calling', () => {
  it('is told by a token first, then by the header, then by the query', async () => {
    const [a, b, c] = [newTenant('mongo'), newTenant('mongo'), newTenant('mongo')]
    const headers = bearer(await token({ user_id: a }))
    expect((await send(`/api/posts?user_id=${c}`, { headers })).body.user_id).toBe(a)
    expect((await send(`/api/posts?user_id=${c}`, { headers: { 'x-user-id': b } })).body.user_id).toBe(b)
    expect((await send(`/api/posts?user_id=${c}`)).body.user_id).toBe(c)
  })

  it('is the subject where a token has no user_id', async () => {
    const tenant = newTenant('mongo')
    expect((await send('/api/posts', { headers: bearer(await token({ sub: tenant })) })).body.user_id).toBe(
      tenant,
    )
  })

  it('is not told twice: a header that differs from the token is 403', async () => {
    const headers = { ...bearer(await token({ user_id: 'user_a' })), 'x-user-id': 'user_b' }
    const { status, body } = await send('/api/posts', { headers })
    expect(status).toBe(403)
    expect(body).toMatchObject({ code: 'user_id_mismatch', field: 'X-User-ID' })
  })

  it('has to be told: 400 with the words that clients know', async () => {
    const { status, body } = await send('/api/posts')
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'missing_user_id', title: 'User ID not found in request' })
  })

  it.each(['A', 'user a', '', '_a', '-a', 'a/../b', 'a'.repeat(49), 'ünï', 'admin$', 'a.b'])(
    'is refused as %j',
    async (id) => {
      const { status, body } = await send(`/api/posts?user_id=${encodeURIComponent(id)}`)
      expect(status).toBe(400)
      expect(body).toMatchObject({ code: 'invalid_user_id', field: 'user_id' })
    },
  )

  const signed = (claims: Record<string, unknown>, by = secret) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m').sign(by)
  const encoded = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '')

  it.each([
    ['expired', 'The token has expired.', () => token({ user_id: 'user_a' }, '-1m')],
    [
      'not yet valid',
      'The token is not valid yet.',
      () => token({ user_id: 'user_a', nbf: Math.floor(Date.now() / 1000) + 60 }),
    ],
    [
      'of another secret',
      'The signature of the token is wrong.',
      () => signed({ user_id: 'user_a' }, new Uint8Array(32)),
    ],
    [
      'of algorithm none',
      'The algorithm of the token is not the expected one.',
      async () => `${encoded({ alg: 'none' })}.${encoded({ user_id: 'user_a', exp: 9e9 })}.`,
    ],
    [
      'without an end',
      'The token has no claim exp.',
      () => new SignJWT({ user_id: 'user_a' }).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    ],
    ['for nobody', 'The token has no claim user_id or sub with a user ID.', () => token({})],
    [
      'for a list of users',
      'The token has no claim user_id or sub with a user ID.',
      () => token({ user_id: ['user_a'] }),
    ],
    [
      'that is huge',
      'The token is too long: at most 8192 characters are read.',
      () => token({ user_id: 'user_a', pad: 'x'.repeat(20_000) }),
    ],
    ['that is none', 'The token is malformed.', async () => 'nonsense'],
  ])('is not believed by a token %s, and the header does not help: %s', async (_, detail, make) => {
    const { status, body, headers } = await send('/api/posts', {
      headers: { ...bearer(await make()), 'x-user-id': 'user_a' },
    })
    expect(status).toBe(401)
    expect(body).toMatchObject({ code: 'invalid_token', detail })
    expect(headers.get('www-authenticate')).toBe(
      `Bearer error="invalid_token", error_description="${detail}"`,
    )
  })

  it('is not believed by a token of another issuer or audience where the deployment names them', async () => {
    const call = workerWith({ JWT_ISSUER: 'https://id.test', JWT_AUDIENCE: 'rockpool' })
    const detailOf = async (claims: Record<string, unknown>) => {
      const { status, body } = await call<{ detail?: string }>(
        '/api/posts',
        bearer(await signed({ user_id: 'user_a', ...claims })),
      )
      return [status, body.detail]
    }
    const ours = { iss: 'https://id.test', aud: 'rockpool' }
    expect(await detailOf({ ...ours, iss: 'https://evil.test' })).toEqual([
      401,
      'The token has another issuer.',
    ])
    expect(await detailOf({ ...ours, aud: 'other' })).toEqual([401, 'The token is for another audience.'])
    expect(await detailOf({ iss: ours.iss })).toEqual([401, 'The token has no claim aud.'])
    expect(await detailOf(ours)).toEqual([200, undefined])
  })

  it('cannot be forged with the header of the hop', async () => {
    const call = JSON.stringify({
      host: 'dedicated:user_a',
      tenant: { id: 'user_a' },
      pool: 'user_a',
      requestId: 'x',
    })
    const { status } = await send('/api/posts', { headers: { 'x-rockpool-call': call } })
    expect(status).toBe(400)
  })
})
