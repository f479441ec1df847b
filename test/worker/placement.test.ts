import { afterEach, describe, expect, it } from 'vitest'
import { asAdmin, clearFaults, cut, headersOf, newTenant, setFault, until, workerWith } from './support.ts'

/** The same Worker under other placements. */
function placed(variables: Record<string, string>) {
  const call = workerWith(variables)
  return <Body = Record<string, unknown>>(tenant: string, path: string, body?: unknown) =>
    call<Body>(path, headersOf(tenant), { method: body === undefined ? 'GET' : 'POST', body })
}

interface HostRow {
  host: string
  pools: { tenant: string | null; cluster: string; size: number; max_size: number; state: string }[]
}

async function hosts(): Promise<HostRow[]> {
  return (await asAdmin<{ hosts: HostRow[] }>('/metrics/db-pool')).body.hosts
}

afterEach(clearFaults)

describe.each([
  ['shared', { STRATEGY: 'shared', SHARED_POOL_SIZE: '6' }, /^shared$/],
  ['grouped', { STRATEGY: 'grouped', GROUP_POOL_SIZE: '6', PLACEMENT_GROUPS: '2' }, /^group:[01]$/],
] as const)('%s placement', (_, variables, name) => {
  const call = placed(variables)

  it('runs many tenants on one pool per cluster, each in a schema or database of its own', async () => {
    const tenants = Array.from({ length: 12 }, (_, n) => newTenant(n % 2 === 0 ? 'postgres' : 'mongo'))
    await Promise.all(tenants.map((tenant) => call(tenant, '/api/posts', { title: tenant, content: '' })))
    for (const tenant of tenants) {
      const { status, body } = await call<{ posts: { title: string }[] }>(tenant, '/api/posts')
      expect(status).toBe(200)
      expect(body.posts.map((post) => post.title)).toContain(tenant)
      expect(body.posts.every((post) => post.title === tenant)).toBe(true)
    }
    const rows = await until(hosts, (all) => all.some((row) => name.test(row.host)))
    const pools = rows.filter((row) => name.test(row.host)).flatMap((row) => row.pools)
    expect(pools.length).toBeLessThanOrEqual(4)
    expect(pools.every((pool) => pool.tenant === null && pool.max_size === 6 && pool.size <= 6)).toBe(true)
  })

  it('lets a quiet tenant in soon, however many requests a noisy one has sent before', async () => {
    const [noisy, quiet] = [newTenant('postgres'), newTenant('postgres')]
    await Promise.all([call(noisy, '/api/posts'), call(quiet, '/api/posts')])
    let served = 0
    const flood = Array.from({ length: 60 }, async () => {
      const answer = await call(noisy, '/api/test/hold?ms=200')
      served++
      return answer
    })
    // Only tenants of the quiet one's host are in its way; in a group it may have none.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = served
    const { status } = await call(quiet, '/api/test/hold?ms=1')
    expect(status).toBe(200)
    // First in first out all that the noisy one had sent would come before it: ten rounds of six.
    expect(served - before).toBeLessThan(30)
    expect((await Promise.all(flood)).every((one) => one.status === 200)).toBe(true)
  })
})

describe('a sharded tenant', () => {
  it('runs on several hosts, its connections divided among them', async () => {
    const tenant = newTenant('postgres')
    const call = placed({ STRATEGY: 'dedicated', TIERS: '{"basic": {"size": 6, "shards": 3}}' })
    const answers = await Promise.all(Array.from({ length: 30 }, () => call(tenant, '/api/posts')))
    expect(answers.every((one) => one.status === 200)).toBe(true)
    const rows = await until(
      hosts,
      (all) => all.filter((row) => row.host.startsWith(`dedicated:${tenant}:`)).length === 3,
    )
    const own = rows.filter((row) => row.host.startsWith(`dedicated:${tenant}:`))
    expect(own.every((row) => row.pools.every((pool) => pool.max_size === 2 && pool.size <= 2))).toBe(true)
  })
})

describe('isolate placement', () => {
  const call = placed({ STRATEGY: 'isolate' })

  it('runs the same routes in the edge over HTTP, without a host', async () => {
    const tenant = newTenant('postgres')
    const created = await call<{ post_id: string }>(tenant, '/api/posts', {
      title: 'over HTTP',
      content: '',
      tags: ['a'],
    })
    expect(created.status).toBe(201)
    const found = await call<{ post: { title: string; tags: string[]; created_at: string } }>(
      tenant,
      `/api/posts/${created.body.post_id}`,
    )
    expect(found.body.post).toMatchObject({ title: 'over HTTP', tags: ['a'] })
    expect(found.body.post.created_at).toMatch(/Z$/)
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(tenant, '/api/posts')))
    expect(answers.every((one) => one.status === 200)).toBe(true)
    expect((await hosts()).some((row) => row.host.includes(tenant))).toBe(false)
  })

  it('finds what the pool wrote, and the pool what it wrote', async () => {
    const tenant = newTenant('postgres')
    const pooled = placed({ STRATEGY: 'dedicated' })
    await call(tenant, '/api/posts', { title: 'one', content: '' })
    await pooled(tenant, '/api/posts', { title: 'two', content: '' })
    for (const ask of [call, pooled]) {
      const { body } = await ask<{ posts: { title: string }[] }>(tenant, '/api/posts')
      expect(body.posts.map((post) => post.title)).toEqual(['two', 'one'])
    }
  })

  it('tells a database that is away from a statement that is wrong', async () => {
    const tenant = newTenant('postgres')
    await call(tenant, '/api/posts')
    expect(await call(tenant, '/api/test/bad-statement')).toMatchObject({
      status: 500,
      body: { code: 'query_failed' },
    })
    await setFault('postgres', { refuse: true })
    await cut('postgres')
    expect(await call(tenant, '/api/posts')).toMatchObject({
      status: 503,
      body: { code: 'database_unavailable' },
    })
  })

  it('gives tenants on MongoDB a host of their own', async () => {
    const tenant = newTenant('mongo')
    expect((await call(tenant, '/api/posts')).status).toBe(200)
    await until(hosts, (all) => all.some((row) => row.host === `dedicated:${tenant}`))
  })
})

describe('a tenant that moves', () => {
  it.each([
    ['dedicated', 'grouped'],
    ['grouped', 'dedicated'],
    ['isolate', 'shared'],
  ])('from %s to %s under load loses no request and no post', async (from, to) => {
    const tenant = newTenant('postgres')
    const [before, after] = [placed({ STRATEGY: from }), placed({ STRATEGY: to })]
    const post = (call: typeof before, n: number) =>
      call(tenant, '/api/posts', { title: `${n}`, content: '' })
    const first = Array.from({ length: 30 }, (_, n) => post(before, n))
    const second = Array.from({ length: 30 }, (_, n) => post(after, 30 + n))
    const answers = await Promise.all([...first, ...second])
    expect(answers.map((one) => one.status)).toEqual(Array.from({ length: 60 }, () => 201))
    const { body } = await after<{ posts: unknown[] }>(tenant, '/api/posts?limit=100')
    expect(body.posts).toHaveLength(60)
  })
})
