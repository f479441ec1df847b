import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ADMIN,
  as,
  asAdmin,
  clearFaults,
  headersOf,
  setFault,
  unknownTenant,
  until,
  workerWith,
} from '../support.ts'

interface Listing {
  tenants: { id: string }[]
  cursor: string | null
}

interface Pools {
  placement: string
  pools: { key: string; host: string; max_size: number }[]
}

afterEach(clearFaults)

describe('the directory', () => {
  it('begins with the records of TENANTS', async () => {
    expect((await asAdmin('/admin/tenants/globex')).body).toMatchObject({
      tier: 'premium',
      engine: 'postgres',
    })
    expect((await asAdmin('/admin/tenants/user_b')).body).toMatchObject({ tier: 'free', engine: 'mongo' })
  })

  it('is read page by page, and no record is missed', async () => {
    const ids = Array.from({ length: 25 }, unknownTenant)
    for (const id of ids) await asAdmin('/admin/tenants', 'POST', { id })
    const seen = new Set<string>()
    let pages = 0
    for (let cursor: string | null = '0'; cursor !== null; pages++) {
      const { body }: { body: Listing } = await asAdmin<Listing>(`/admin/tenants?limit=10&cursor=${cursor}`)
      for (const { id } of body.tenants) seen.add(id)
      cursor = body.cursor
    }
    expect(ids.filter((id) => !seen.has(id))).toEqual([])
    expect(pages).toBeGreaterThan(1)
  })

  it.each(['limit=0', 'limit=1001', 'limit=ten', 'cursor=x', 'cursor=-1'])(
    'does not take ?%s',
    async (query) => {
      expect((await asAdmin(`/admin/tenants?${query}`)).status).toBe(400)
    },
  )

  it('has no record of a tenant that nobody onboarded', async () => {
    for (const [method, body] of [['GET'], ['PATCH', { tier: 'free' }], ['DELETE']] as const) {
      const answer = await asAdmin(`/admin/tenants/${unknownTenant()}`, method, body)
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    }
  })
})

describe('a change', () => {
  it('suspends a tenant and lets it in again, at once where it was made', async () => {
    const id = unknownTenant()
    await as(id, '/api/posts')
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { status: 'suspended' })
    const refused = await as(id, '/api/posts')
    expect([refused.status, refused.body.code]).toEqual([403, 'tenant_suspended'])
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { status: 'active' })
    expect((await as(id, '/api/posts')).status).toBe(200)
  })

  it('of the tier brings a pool of the new size, and the old one is closed', async () => {
    const id = unknownTenant()
    await asAdmin('/admin/tenants', 'POST', { id, engine: 'postgres', tier: 'free' })
    const changed = await asAdmin(`/admin/tenants/${id}`, 'PATCH', {
      tier: 'premium',
      rate_limit: 7,
      name: 'A',
    })
    expect(changed.body).toMatchObject({ tier: 'premium', rate_limit: 7, name: 'A' })
    expect(Date.parse(String(changed.body.updated_at))).toBeGreaterThan(
      Date.parse(String(changed.body.created_at)),
    )
    expect((await as(id, '/api/posts')).status).toBe(200)
    const { body } = await asAdmin<Pools>(`/admin/connections/${id}`)
    expect(body.pools).toMatchObject([{ key: `${id}/10`, max_size: 10 }])
    const rows = await until(
      () => asAdmin<{ hosts: { host: string; pools: { tenant: string }[] }[] }>('/metrics/db-pool'),
      (all) => all.body.hosts.find((row) => row.host === `dedicated:${id}`)?.pools.length === 1,
    )
    expect(rows.status).toBe(200)
  })

  it('of the placement moves a tenant, and taking it back moves it back', async () => {
    const id = unknownTenant()
    await asAdmin('/admin/tenants', 'POST', { id, engine: 'postgres' })
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { placement: 'shared' })
    await as(id, '/api/posts', 'POST', { title: 'moved', content: '' })
    expect((await asAdmin<Pools>(`/admin/connections/${id}`)).body.placement).toBe('shared')
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { placement: null })
    expect((await as(id, '/api/posts')).body).toMatchObject({ posts: [{ title: 'moved' }] })
    expect((await asAdmin<Pools>(`/admin/connections/${id}`)).body.placement).toBe('dedicated')
  })

  it.each([
    ['nothing', {}],
    ['the engine', { engine: 'mongo' }],
    ['the id', { id: 'other' }],
    ['a status', { status: 'deleted' }],
  ])('of %s is refused', async (_, change) => {
    const id = unknownTenant()
    await as(id, '/api/posts')
    expect((await asAdmin(`/admin/tenants/${id}`, 'PATCH', change)).status).toBe(400)
  })

  it('that meets another one is told so, and neither is lost', async () => {
    const id = unknownTenant()
    await as(id, '/api/posts')
    const names = ['a', 'b', 'c', 'd']
    const changes = names.map((name) => asAdmin(`/admin/tenants/${id}`, 'PATCH', { name }))
    const statuses = (await Promise.all(changes)).map(({ status }) => status)
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([])
    const { body } = await asAdmin<{ name: string }>(`/admin/tenants/${id}`)
    expect(statuses[names.indexOf(body.name)]).toBe(200)
  })
})

describe('who is not in the directory', () => {
  it('is enrolled at its first use where enrollment is open', async () => {
    const id = unknownTenant()
    expect((await as(id, '/api/posts')).status).toBe(200)
    expect((await asAdmin(`/admin/tenants/${id}`)).body).toMatchObject({ id, tier: 'free', engine: 'mongo' })
  })

  it('is refused where it is closed, also in production by default', async () => {
    for (const variables of [{ ENROLLMENT: 'closed' }, PRODUCTION]) {
      const { status, body } = await workerWith(variables)('/api/posts', headersOf(unknownTenant()))
      expect([status, body.code]).toEqual([403, 'unknown_tenant'])
    }
  })

  it('is known all the same when TENANTS names it', async () => {
    const id = unknownTenant()
    const TENANTS = JSON.stringify({ [id]: { tier: 'basic', engine: 'postgres' } })
    const call = workerWith({ ENROLLMENT: 'closed', TENANTS })
    expect((await call('/api/posts', headersOf(id))).status).toBe(200)
    expect((await asAdmin(`/admin/tenants/${id}`)).body).toMatchObject({ tier: 'basic', engine: 'postgres' })
  })
})

describe('while Redis is down', () => {
  it('known tenants are served, new ones get 503, and nothing can be changed', async () => {
    const [known, unknown] = [unknownTenant(), unknownTenant()]
    await as(known, '/api/posts', 'POST', { title: 'mine', content: '' })
    await setFault('redis', { refuse: true })
    expect((await as(known, '/api/posts')).body).toMatchObject({ user_id: known, posts: [{ title: 'mine' }] })
    const refused = await as(unknown, '/api/posts')
    expect([refused.status, refused.body.code]).toEqual([503, 'directory_unavailable'])
    expect(refused.headers.get('retry-after')).toBe('1')
    expect((await asAdmin(`/admin/connections/${known}`)).status).toBe(200)
    const change = await asAdmin(`/admin/tenants/${known}`, 'PATCH', { tier: 'premium' })
    expect([change.status, change.body.code]).toEqual([503, 'directory_unavailable'])
    await clearFaults()
    await until(
      () => as(unknown, '/api/posts'),
      ({ status }) => status === 200,
    )
  })

  it('a Redis that does not answer costs a second, not a hang', async () => {
    await setFault('redis', { delayMs: 20_000 })
    const started = Date.now()
    const { status } = await as(unknownTenant(), '/api/posts')
    expect(status).toBe(503)
    expect(Date.now() - started).toBeLessThan(10_000)
  })

  it('fifty first requests at once are all answered', async () => {
    const id = unknownTenant()
    await setFault('redis', { delayMs: 100 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => as(id, '/api/posts')))
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([])
  })
})

describe('a deployment without Redis', () => {
  const none = { UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '' }
  const listed = unknownTenant()
  const TENANTS = JSON.stringify({ [listed]: { tier: 'basic', engine: 'postgres' } })

  it('has the variable TENANTS as its directory', async () => {
    const call = workerWith({ ...none, TENANTS, ENROLLMENT: 'closed' })
    expect((await call('/api/posts', headersOf(listed))).status).toBe(200)
    const unknown = await call('/api/posts', headersOf(unknownTenant()))
    expect([unknown.status, unknown.body.code]).toEqual([403, 'unknown_tenant'])
    expect((await call('/admin/tenants', ADMIN)).body).toMatchObject({
      tenants: [{ id: listed }],
      cursor: null,
    })
    expect((await call(`/admin/tenants/${listed}`, ADMIN)).body).toMatchObject({
      tier: 'basic',
      created_at: null,
    })
    const created = await call('/admin/tenants', ADMIN, { method: 'POST', body: { id: unknownTenant() } })
    expect([created.status, created.body.code]).toEqual([409, 'directory_read_only'])
  })

  it('serves everybody where enrollment is open', async () => {
    const call = workerWith({ ...none, TENANTS })
    expect((await call('/api/posts', headersOf(unknownTenant()))).status).toBe(200)
  })
})

/** Only what makes a difference here: the rest of the stack is not fit for production. */
const PRODUCTION = {
  DB_ENV: 'production',
  NEON_WS_PROXY: '',
  NEON_HTTP_ENDPOINT: '',
  ENROLLMENT: '',
  ALLOW_PRIVATE_DATABASES: '',
  DB_PRIMARY_DB_URL: env.DB_PRIMARY_DB_URL,
}
