import { env } from 'cloudflare:workers'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { newTenant, send } from './support.ts'

const secret = new TextEncoder().encode(env.JWT_SECRET)
const token = (claims: Record<string, unknown>, expires = '5m') =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expires).sign(secret)

const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

describe('who is calling', () => {
  it('is told by a token first, then by the header, then by the query', async () => {
    const [a, b, c] = [newTenant('mongo'), newTenant('mongo'), newTenant('mongo')]
    const headers = { ...bearer(await token({ user_id: a })), 'x-user-id': b }
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

  it.each([
    ['expired', () => token({ user_id: 'user_a' }, '-1m')],
    [
      'of another secret',
      () =>
        new SignJWT({ user_id: 'user_a' })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime('5m')
          .sign(new Uint8Array(32)),
    ],
    [
      'without an end',
      () => new SignJWT({ user_id: 'user_a' }).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    ],
    ['for nobody', () => token({})],
    ['for a list of users', () => token({ user_id: ['user_a'] })],
    ['that is none', async () => 'nonsense'],
  ])('is not believed by a token %s, and the header does not help', async (_, make) => {
    const { status, body, headers } = await send('/api/posts', {
      headers: { ...bearer(await make()), 'x-user-id': 'user_a' },
    })
    expect(status).toBe(401)
    expect(body.code).toBe('invalid_token')
    expect(headers.get('www-authenticate')).toContain('invalid_token')
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
