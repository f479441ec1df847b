import { afterEach, describe, expect, it } from 'vitest'
import {
  as,
  asAdmin,
  clearFaults,
  ENGINES,
  headersOf,
  newTenant,
  send,
  setFault,
  unknownTenant,
  until,
  workerWith,
} from './support.ts'

interface CacheView {
  hits: number
  misses: number
  bypasses: number
  hit_rate: number | null
  entries: number
  bytes: number
}
interface Metrics {
  hosts: { host: string; cache: CacheView }[]
}
interface Inspection {
  pools: { leases: number; connections_created: number }[]
}

const LIST = '/api/posts?limit=5'

/** How a request was answered, and with what. */
async function get(tenant: string, path: string, headers: Record<string, string> = {}) {
  const answer = await send(path, { headers: { ...headersOf(tenant), ...headers } })
  return { ...answer, cache: answer.headers.get('x-cache'), age: answer.headers.get('age') }
}

async function post(tenant: string, title: string): Promise<string> {
  const { body } = await as<{ post_id: string }>(tenant, '/api/posts', 'POST', { title, content: '' })
  return `/api/posts/${body.post_id}`
}

/** Leases that the tenant's pool has given. */
async function leases(tenant: string): Promise<number> {
  const { body } = await asAdmin<Inspection>(`/admin/connections/${tenant}`)
  return body.pools[0]?.leases ?? Number.NaN
}

async function cacheOn(host: string): Promise<CacheView | undefined> {
  const { body } = await asAdmin<Metrics>('/metrics/db-pool')
  return body.hosts.find((one) => one.host === host)?.cache
}

afterEach(clearFaults)

describe.each(ENGINES)('reads of a tenant on %s', (engine) => {
  it('are answered the second time without a connection, to the byte the same', async () => {
    const tenant = newTenant(engine)
    const one = await post(tenant, 'kept 🦀')
    for (const path of [LIST, one]) {
      const first = await get(tenant, path)
      expect([first.status, first.cache, first.age]).toEqual([200, 'miss', '0'])
      const before = await leases(tenant)
      const second = await get(tenant, path)
      expect([second.status, second.cache]).toEqual([200, 'hit'])
      expect(Number(second.age)).toBeGreaterThanOrEqual(0)
      expect(second.body).toEqual(first.body)
      expect(second.headers.get('content-type')).toBe('application/json')
      // Looking at the pool's numbers takes a lease itself.
      expect(await leases(tenant)).toBe(before + 1)
    }
  })

  it('see every write that was acknowledged before them', async () => {
    const tenant = newTenant(engine)
    const path = await post(tenant, 'first')
    const titles = async () => (await get(tenant, LIST)).body.posts as { title: string }[]
    for (const title of ['second', 'third']) {
      await get(tenant, path)
      expect((await get(tenant, path)).cache).toBe('hit')
      await as(tenant, path, 'PUT', { title })
      const { body, cache } = await get(tenant, path)
      expect([cache, (body.post as { title: string }).title]).toEqual(['miss', title])
      expect((await titles())[0]?.title).toBe(title)
      expect((await titles())[0]?.title).toBe(title)
    }
    await as(tenant, path, 'DELETE')
    expect((await get(tenant, path)).status).toBe(404)
    expect(await titles()).toEqual([])
  })

  it('see their own writes among many readers and writers at once', async () => {
    const tenant = newTenant(engine)
    const path = await post(tenant, '0')
    let acknowledged = 0
    const writing = (async () => {
      for (let n = 1; n <= 15; n++) {
        await as(tenant, path, 'PUT', { title: `${n}` })
        acknowledged = n
      }
    })()
    const reading = Array.from({ length: 8 }, async () => {
      while (acknowledged < 15) {
        const least = acknowledged
        const { body } = await get(tenant, path)
        expect(Number((body.post as { title: string }).title)).toBeGreaterThanOrEqual(least)
      }
    })
    await Promise.all([writing, ...reading])
  })

  it('that come at once run one query', async () => {
    const tenant = newTenant(engine)
    await post(tenant, 'one')
    await setFault(engine, { delayMs: 100 })
    const before = await leases(tenant)
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(tenant, LIST)))
    expect(answers.map(({ status, cache }) => [status, cache])).toEqual(
      Array.from({ length: 20 }, () => [200, 'miss']),
    )
    expect(await leases(tenant)).toBe(before + 2)
  })

  it('go past the cache with Cache-Control: no-cache, and renew it', async () => {
    const tenant = newTenant(engine)
    await post(tenant, 'one')
    await get(tenant, LIST)
    const before = await leases(tenant)
    expect((await get(tenant, LIST, { 'cache-control': 'max-age=0, No-Cache' })).cache).toBe('bypass')
    expect(await leases(tenant)).toBe(before + 2)
    expect((await get(tenant, LIST)).cache).toBe('hit')
  })

  it('are counted, for the host and for the fleet', async () => {
    const tenant = newTenant(engine)
    const fleet = async () => (await asAdmin<{ cache: CacheView }>('/admin/connections')).body.cache
    await post(tenant, 'one')
    const before = await fleet()
    for (const headers of [{}, {}, {}, { 'cache-control': 'no-cache' }]) await get(tenant, LIST, headers)
    const row = await until(
      () => cacheOn(`dedicated:${tenant}`),
      (cache) => cache?.bypasses === 1,
    )
    expect(row).toEqual({
      hits: 2,
      misses: 1,
      bypasses: 1,
      hit_rate: 0.667,
      entries: 1,
      bytes: expect.any(Number),
    })
    const after = await until(fleet, ({ hits }) => hits >= before.hits + 2)
    expect(after.bypasses).toBeGreaterThan(before.bypasses)
    expect(after.hit_rate).toBeGreaterThan(0)
  })
})

describe('what is kept', () => {
  it('waits with a tenant that is paused, and is nothing after that', async () => {
    const tenant = newTenant('postgres')
    await get(tenant, LIST)
    expect((await get(tenant, LIST)).cache).toBe('hit')
    await asAdmin('/admin/pause', 'POST', { user_id: tenant })
    const reading = get(tenant, LIST)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await asAdmin('/admin/resume', 'POST', { user_id: tenant })
    expect((await reading).cache).toBe('miss')
  })

  it('is one tenant’s alone in a host that tenants share', async () => {
    const shared = workerWith({ STRATEGY: 'shared' })
    const tenants = [newTenant('postgres'), newTenant('mongo'), newTenant('postgres'), newTenant('mongo')]
    for (const round of ['miss', 'hit']) {
      for (const tenant of tenants) {
        const { body, headers } = await shared(LIST, headersOf(tenant))
        expect([headers.get('x-cache'), body]).toEqual([round, { user_id: tenant, posts: [] }])
      }
    }
  })

  it('is nothing where a tenant runs on several hosts, or on none', async () => {
    const sharded = workerWith({ TIERS: JSON.stringify({ basic: { shards: 2 } }) })
    const isolate = workerWith({ STRATEGY: 'isolate' })
    for (const worker of [sharded, isolate]) {
      const tenant = newTenant('postgres')
      for (const _ of [1, 2, 3]) {
        const { headers, status } = await worker(LIST, headersOf(tenant))
        expect([status, headers.get('x-cache'), headers.get('age')]).toEqual([200, 'bypass', '0'])
      }
    }
  })

  it('is nothing with QUERY_CACHE_TTL=0', async () => {
    const off = workerWith({ QUERY_CACHE_TTL: '0' })
    const tenant = newTenant('postgres')
    for (const _ of [1, 2]) expect((await off(LIST, headersOf(tenant))).headers.get('x-cache')).toBe('bypass')
  })

  it('never answers for who comes after a deleted tenant under its id', async () => {
    const id = unknownTenant()
    await asAdmin('/admin/tenants', 'POST', { id, tier: 'basic', engine: 'postgres' })
    await post(id, 'of the deleted one')
    await get(id, LIST)
    expect((await get(id, LIST)).cache).toBe('hit')
    await asAdmin(`/admin/tenants/${id}?purge=true`, 'DELETE')
    await asAdmin('/admin/tenants', 'POST', { id, tier: 'basic', engine: 'postgres' })
    const { body, cache } = await get(id, LIST)
    expect([cache, body]).toEqual(['miss', { user_id: id, posts: [] }])
  })

  it('is nothing for the minute after a change of the tenant’s record', async () => {
    const id = unknownTenant()
    await asAdmin('/admin/tenants', 'POST', { id, tier: 'basic', engine: 'postgres' })
    await get(id, LIST)
    expect((await get(id, LIST)).cache).toBe('hit')
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { placement: 'shared' })
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { placement: null })
    for (const _ of [1, 2]) expect((await get(id, LIST)).cache).toBe('bypass')
  })
})
