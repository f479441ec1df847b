import { afterEach, describe, expect, it } from 'vitest'
import {
  ADMIN,
  as,
  asAdmin,
  clearFaults,
  ENGINES,
  headersOf,
  send,
  setFault,
  unknownTenant,
  workerWith,
} from '../support.ts'

const closed = workerWith({ ENROLLMENT: 'closed' })

afterEach(clearFaults)

describe.each(ENGINES)('a tenant on %s', (engine) => {
  it('is onboarded once, however often it is asked for, and can be used', async () => {
    const id = unknownTenant()
    const wanted = { id, name: 'Acme Ltd', tier: 'basic', engine, rate_limit: 120 }
    const first = await asAdmin('/admin/tenants', 'POST', wanted)
    expect(first.status).toBe(201)
    expect(first.headers.get('location')).toBe(`/admin/tenants/${id}`)
    expect(first.body).toEqual({
      ...wanted,
      placement: null,
      status: 'active',
      own_connection: false,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: first.body.created_at,
    })
    const again = await asAdmin('/admin/tenants', 'POST', wanted)
    expect([again.status, again.body]).toEqual([200, first.body])
    expect((await asAdmin(`/admin/tenants/${id}`)).body).toEqual(first.body)
    const created = await closed('/api/posts', headersOf(id), {
      method: 'POST',
      body: { title: 'a', content: '' },
    })
    expect(created.status).toBe(201)
    const other = await asAdmin('/admin/tenants', 'POST', { ...wanted, tier: 'premium' })
    expect([other.status, other.body.code]).toEqual([409, 'conflict'])
  })

  it('is not recorded when its database cannot be prepared, and the next call finishes', async () => {
    const id = unknownTenant()
    await setFault(engine, { refuse: true })
    const failed = await asAdmin('/admin/tenants', 'POST', { id, engine })
    expect(failed.status).toBeGreaterThanOrEqual(502)
    expect((await asAdmin(`/admin/tenants/${id}`)).status).toBe(404)
    await clearFaults()
    expect((await asAdmin('/admin/tenants', 'POST', { id, engine })).status).toBe(201)
    expect((await as(id, '/api/posts')).status).toBe(200)
  })

  it('that is deleted keeps its data, and with purge=true loses them', async () => {
    const id = unknownTenant()
    const onboard = () => asAdmin('/admin/tenants', 'POST', { id, engine })
    await onboard()
    await as(id, '/api/posts', 'POST', { title: 'kept', content: '' })
    const deleted = await asAdmin(`/admin/tenants/${id}`, 'DELETE')
    expect(deleted.body).toEqual({ id, deleted: true, purged: false, pools_closed: 1 })
    expect((await asAdmin(`/admin/connections/${id}`)).status).toBe(404)
    expect((await closed('/api/posts', headersOf(id))).body).toMatchObject({ code: 'unknown_tenant' })
    await onboard()
    expect((await as(id, '/api/posts')).body).toMatchObject({ posts: [{ title: 'kept' }] })

    const purged = await asAdmin(`/admin/tenants/${id}?purge=true`, 'DELETE')
    expect(purged.body).toEqual({ id, deleted: true, purged: true, pools_closed: 1 })
    expect((await asAdmin(`/admin/connections/${id}`)).status).toBe(404)
    await onboard()
    const empty = await as(id, '/api/posts')
    expect([empty.status, empty.body]).toEqual([200, { user_id: id, posts: [] }])
  })

  it('is suspended by a purge that fails half way, and the next call finishes', async () => {
    const id = unknownTenant()
    await asAdmin('/admin/tenants', 'POST', { id, engine })
    await as(id, '/api/posts', 'POST', { title: 'gone', content: '' })
    await setFault(engine, { refuse: true })
    expect((await asAdmin(`/admin/tenants/${id}?purge=true`, 'DELETE')).status).toBeGreaterThanOrEqual(502)
    await clearFaults()
    expect((await asAdmin(`/admin/tenants/${id}`)).body).toMatchObject({ status: 'suspended' })
    expect((await as(id, '/api/posts')).body).toMatchObject({ code: 'tenant_suspended' })
    expect((await asAdmin(`/admin/tenants/${id}?purge=true`, 'DELETE')).status).toBe(200)
    expect((await asAdmin(`/admin/tenants/${id}`)).status).toBe(404)
    await asAdmin('/admin/tenants', 'POST', { id, engine })
    expect((await as(id, '/api/posts')).body).toEqual({ user_id: id, posts: [] })
  })

  it('that was purged is not brought back by an isolate that has not heard of it', async () => {
    const id = unknownTenant()
    await asAdmin('/admin/tenants', 'POST', { id, engine })
    const elsewhere = workerWith({ ENROLLMENT: 'closed' })
    expect((await elsewhere('/api/posts', headersOf(id))).status).toBe(200)
    await asAdmin(`/admin/tenants/${id}?purge=true`, 'DELETE')
    const body = { title: 'late', content: '' }
    const late = await elsewhere('/api/posts', headersOf(id), { method: 'POST', body })
    expect([late.status, late.body]).toEqual([403, expect.objectContaining({ code: 'unknown_tenant' })])
    await asAdmin('/admin/tenants', 'POST', { id, engine })
    expect((await as(id, '/api/posts')).body).toEqual({ user_id: id, posts: [] })
  })
})

describe('onboarding', () => {
  it('by two at once makes one tenant', async () => {
    const wanted = { id: unknownTenant(), engine: 'postgres', tier: 'premium' }
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => asAdmin('/admin/tenants', 'POST', wanted)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
    expect(new Set(answers.map(({ body }) => body.created_at)).size).toBe(1)
  })

  it('prepares a tenant without a host as well', async () => {
    const id = unknownTenant()
    const wanted = { id, engine: 'postgres', placement: 'isolate' }
    expect((await asAdmin('/admin/tenants', 'POST', wanted)).status).toBe(201)
    await as(id, '/api/posts', 'POST', { title: 'here', content: '' })
    expect((await as(id, '/api/posts')).body).toMatchObject({ posts: [{ title: 'here' }] })
    expect((await asAdmin(`/admin/tenants/${id}?purge=true`, 'DELETE')).status).toBe(200)
    await asAdmin('/admin/tenants', 'POST', wanted)
    expect((await as(id, '/api/posts')).body).toEqual({ user_id: id, posts: [] })
  })

  it.each([
    ['an id', { id: 'Acme' }, 'id'],
    ['no id', {}, 'id'],
    ['a tier', { id: 'x', tier: 'gold' }, 'tier'],
    ['an engine', { id: 'x', engine: 'oracle' }, 'engine'],
    ['a placement', { id: 'x', placement: 'moon' }, 'placement'],
    ['a limit', { id: 'x', rate_limit: 0 }, 'rate_limit'],
    ['a name', { id: 'x', name: '' }, 'name'],
    ['a status', { id: 'x', status: 'active' }, 'status'],
    ['times', { id: 'x', created_at: 0 }, 'created_at'],
  ])('refuses %s that it does not know', async (_, body, field) => {
    const answer = await asAdmin('/admin/tenants', 'POST', body)
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([400, 'invalid_request', field])
  })

  it('refuses an engine that the deployment does not have', async () => {
    const call = workerWith({ MONGODB_URI: '', DEFAULT_ENGINE: 'postgres', TENANTS: '{}' })
    const wanted = { method: 'POST', body: { id: unknownTenant(), engine: 'mongo' } }
    expect(await call('/admin/tenants', ADMIN, wanted)).toMatchObject({
      status: 400,
      body: { field: 'engine' },
    })
  })
})

it.each([
  ['GET', '/admin/tenants'],
  ['POST', '/admin/tenants'],
  ['GET', '/admin/tenants/user_a'],
  ['PATCH', '/admin/tenants/user_a'],
  ['DELETE', '/admin/tenants/user_a'],
])('%s %s needs the admin token', async (method, path) => {
  const { status, body } = await send(path, { method, headers: headersOf('user_a') })
  expect([status, body.code]).toEqual([401, 'admin_token_required'])
})
