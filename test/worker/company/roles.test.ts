import { env } from 'cloudflare:workers'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { ADMIN, ENGINES, newTenant, workerWith } from '../support.ts'
import { type Created, companyOf, planned, type User } from './calls.ts'

const call = workerWith({ TENANT_SOURCES: 'jwt', REGISTRATION: 'admin' })

async function bearer(claims: Record<string, unknown>) {
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(env.JWT_SECRET))
  return { authorization: `Bearer ${token}` }
}

interface SignedIn {
  user: User
  access_token: string
}

/** Signs in, or registers with the admin token. */
function signIn(action: 'login' | 'register', body: object) {
  const address = `2001:db8:${Math.floor(Math.random() * 0xffff).toString(16)}::1`
  const headers = { 'cf-connecting-ip': address, ...(action === 'register' && ADMIN) }
  return call<SignedIn & { code?: string }>(`/api/v1/auth/${action}`, headers, { method: 'POST', body })
}

describe('the role in a token', () => {
  it.each([
    ['admin', [201, 201, 201, 200, 200, 200]],
    ['member', [403, 403, 201, 200, 403, 403]],
    ['viewer', [403, 403, 403, 403, 403, 403]],
    [undefined, [403, 403, 403, 403, 403, 403]],
    ['root', [403, 403, 403, 403, 403, 403]],
  ] as const)('%s decides what may be written, and all may read', async (role, expected) => {
    const tenant = newTenant('postgres')
    const { project, tasks } = (await companyOf(tenant)<Created>('/projects', 'POST', planned('p', 'one')))
      .body
    const headers = await bearer({ user_id: tenant, sub: 'u1', ...(role !== undefined && { role }) })
    const ask = (path: string, method = 'GET', body?: object) =>
      call<{ code?: string; detail?: string }>(`/api/company${path}`, headers, { method, body })
    const path = `/projects/${project.id}`
    for (const read of ['', '/users', '/projects', path, `${path}/tasks`, '/analytics']) {
      expect([read, (await ask(read)).status]).toEqual([read, 200])
    }
    const statuses = []
    for (const [target, method, body] of [
      ['/users', 'POST', { email: 'a@acme.test', name: 'A', role: 'admin' }],
      ['/projects', 'POST', { name: 'q' }],
      [`${path}/tasks`, 'POST', { title: 'two' }],
      [`/tasks/${tasks[0]?.id}`, 'PATCH', { status: 'active' }],
      [path, 'PATCH', { status: 'archived' }],
      [path, 'DELETE', undefined],
    ] as const) {
      const answer = await ask(target, method, body)
      statuses.push(answer.status)
      if (answer.status === 403) {
        const needed = target.includes('tasks') ? 'member' : 'admin'
        expect(answer.body).toMatchObject({ code: 'forbidden', detail: `This needs the role ${needed}.` })
      }
    }
    expect(statuses).toEqual(expected)
  })

  it('is looked at before the body: who may not write learns nothing of what would be right', async () => {
    const headers = await bearer({ user_id: newTenant('postgres'), role: 'viewer' })
    const answer = await call<{ code: string }>('/api/company/users', headers, { method: 'POST', body: {} })
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
  })
})

describe.each(ENGINES)('a user whom an admin of the company added on %s', (engine) => {
  it('cannot sign in without a password, and gets one with its role when the admin token registers it', async () => {
    const tenant = newTenant(engine)
    const credentials = { tenant, email: `eve-${Date.now()}@acme.test`, password: 'correct horse battery' }
    const { user } = (
      await companyOf(tenant)<{ user: User }>('/users', 'POST', {
        email: credentials.email,
        name: 'Eve',
        role: 'viewer',
      })
    ).body
    const refused = await signIn('login', credentials)
    expect([refused.status, refused.body.code]).toEqual([401, 'invalid_credentials'])

    const registered = await signIn('register', credentials)
    expect(registered.status).toBe(201)
    expect(registered.body.user).toEqual({
      id: user.id,
      email: user.email,
      name: 'Eve',
      role: 'viewer',
    })
    const again = await signIn('register', { ...credentials, password: 'another horse battery' })
    expect([again.status, again.body.code]).toEqual([409, 'email_taken'])
    const signedIn = await signIn('login', credentials)
    expect(signedIn.status).toBe(200)
    const headers = { authorization: `Bearer ${signedIn.body.access_token}` }
    expect((await call('/api/company/analytics', headers)).status).toBe(200)
    const body = { name: 'p' }
    expect((await call('/api/company/projects', headers, { method: 'POST', body })).status).toBe(403)
  })

  it('is not handed to whoever registers its email, where anybody may register', async () => {
    const tenant = newTenant(engine)
    const email = `mallory-${Date.now()}@acme.test`
    await companyOf(tenant)('/users', 'POST', { email, name: 'Boss', role: 'admin' })
    const open = workerWith({ REGISTRATION: 'open' })
    const answer = await open<{ code: string }>(
      '/api/v1/auth/register',
      { 'cf-connecting-ip': '2001:db8:beef::1' },
      { method: 'POST', body: { tenant, email, password: 'correct horse battery' } },
    )
    expect([answer.status, answer.body.code]).toEqual([409, 'email_taken'])
  })
})
