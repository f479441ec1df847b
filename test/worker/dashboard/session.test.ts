import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { issueSessionToken, SESSION_S, sessionKey } from '../../../src/edge/dashboard/session-token.ts'
import { send, withinOneMinute, workerWith } from '../support.ts'
import { COOKIE, SAME_ORIGIN, signedIn, signInWith } from './support.ts'

describe('signing in to the dashboard', () => {
  it('sets a cookie that no script reads and no other site sends, for eight hours', async () => {
    const { status, headers } = await signInWith(env.ADMIN_TOKEN)
    expect(status).toBe(204)
    const [cookie = '', ...attributes] = (headers.get('set-cookie') ?? '').split('; ')
    expect(cookie).toMatch(/^__Host-rockpool_session=[\w.-]+$/)
    expect(attributes.sort()).toEqual(
      [`Max-Age=${8 * 3600}`, 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict'].sort(),
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(cookie).not.toContain(env.ADMIN_TOKEN)
  })

  it('is told to the browser, until it signs out', async () => {
    const headers = await signedIn()
    expect((await send('/dashboard/session', { headers })).body).toEqual({ signed_in: true })
    const out = await send('/dashboard/session', { method: 'DELETE', headers })
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-rockpool_session=; Max-Age=0; Path=\/;/)
    expect((await send('/dashboard/session')).body).toEqual({ signed_in: false })
  })

  it.each([
    ['a wrong token', 'nope'],
    ['no token', ''],
    ['the beginning of the right one', env.ADMIN_TOKEN.slice(0, -1)],
  ])('is refused to %s, without a cookie', async (_, token) => {
    const { status, body, headers } = await signInWith(token)
    expect(status).toBe(401)
    expect(body.code).toBe('admin_token_required')
    expect(headers.get('set-cookie')).toBeNull()
  })

  it('is refused for a body that is not the form of it', async () => {
    for (const body of ['{}', '{"token":1}', '{"token":"a","more":1}', `{"token":"${'a'.repeat(2_000)}"}`]) {
      const headers = { 'content-type': 'application/json' }
      expect((await send('/dashboard/session', { method: 'POST', headers, body })).status).toBe(400)
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const sent = await send('/dashboard/session', { method: 'POST', headers: form, body: 'token=a' })
    expect(sent.status).toBe(415)
  })

  it('can be tried by one address only so often', async () => {
    await withinOneMinute()
    const limited = workerWith({ RATE_LIMIT_ADDRESS: '3' })
    const headers = { 'cf-connecting-ip': '192.0.2.77' }
    const statuses: number[] = []
    for (let n = 0; n < 4; n++) {
      const init = { method: 'POST', body: { token: 'nope' } }
      statuses.push((await limited('/dashboard/session', headers, init)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429])
  })

  it('is not possible without an ADMIN_TOKEN, and there is no page', async () => {
    const closed = workerWith({ ADMIN_TOKEN: '' })
    const init = { method: 'POST', body: { token: '' } }
    expect((await closed('/dashboard/session', {}, init)).status).toBe(401)
    const headers = await signedIn()
    expect((await closed('/admin/fleet', headers)).status).toBe(401)
    expect((await closed('/dashboard/session', headers)).body).toEqual({ signed_in: false })
    for (const path of ['/dashboard', '/dashboard/assets/dashboard.js']) {
      expect((await closed(path, headers)).status).toBe(404)
    }
  })
})

describe('a session', () => {
  it('opens what the admin token opens', async () => {
    const headers = await signedIn()
    expect((await send('/admin/fleet', { headers })).status).toBe(200)
    expect((await send('/metrics/db-pool', { headers })).status).toBe(200)
  })

  it('does not make up for a wrong token', async () => {
    const headers = { ...(await signedIn()), authorization: 'Bearer nope' }
    expect((await send('/admin/fleet', { headers })).status).toBe(401)
  })

  it.each([
    ['expired', -SESSION_S - 1, env.ADMIN_TOKEN],
    ["another deployment's", 0, 'another-admin-token-of-32-characters'],
  ])('that is %s opens nothing', async (_, seconds, adminToken) => {
    const now = new Date(Date.now() + seconds * 1000)
    const token = await issueSessionToken(sessionKey(adminToken), { now, id: 'one' })
    const headers = { cookie: `${COOKIE}=${token}` }
    expect((await send('/admin/fleet', { headers })).body.code).toBe('admin_token_required')
    expect((await send('/dashboard/session', { headers })).body).toEqual({ signed_in: false })
  })

  it('under another name, which another host of the domain could set, opens nothing', async () => {
    const { cookie } = await signedIn()
    const headers = { cookie: cookie.replace('__Host-', '') }
    expect((await send('/admin/fleet', { headers })).status).toBe(401)
  })

  it.each([
    ['nothing about where it comes from', {}],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the domain', { 'sec-fetch-site': 'same-site', origin: 'http://rockpool.test' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
  ])('changes nothing for a request that says %s', async (_, from) => {
    const headers = { ...(await signedIn()), ...from, 'content-type': 'application/json' }
    const { status, body } = await send('/admin/resume', { method: 'POST', headers, body: '{}' })
    expect(status).toBe(403)
    expect(body.code).toBe('cross_origin')
    expect((await send('/admin/connections', { method: 'DELETE', headers })).status).toBe(403)
  })

  it.each([
    ['Sec-Fetch-Site', SAME_ORIGIN],
    ['Origin', { origin: 'http://rockpool.test' }],
  ])('changes what it is asked to by a page of its own, by %s', async (_, from) => {
    const headers = { ...(await signedIn()), ...from, 'content-type': 'application/json' }
    expect((await send('/admin/resume', { method: 'POST', headers, body: '{}' })).status).toBe(200)
  })

  it("is nothing to tenants' routes", async () => {
    const { status, body } = await send('/api/posts', { headers: await signedIn() })
    expect(status).toBe(400)
    expect(body.code).toBe('missing_user_id')
  })
})
