import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { as, asAdmin, clearFaults, ENGINES, newTenant, send, setFault, until } from './support.ts'

afterEach(clearFaults)

describe('admin and metrics routes', () => {
  it.each([
    ['no token', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['a wrong one', { authorization: 'Bearer nope' }],
    ['the beginning of the right one', { authorization: `Bearer ${env.ADMIN_TOKEN.slice(0, -1)}` }],
    ['one character too many', { authorization: `Bearer ${env.ADMIN_TOKEN}x` }],
    ['another scheme', { authorization: `Basic ${env.ADMIN_TOKEN}` }],
    ['a tenant', { 'x-user-id': 'user_a' }],
  ])('are closed to %s', async (_, headers) => {
    for (const path of ['/admin/connections', '/admin/connections/user_a', '/metrics/db-pool']) {
      const { status, body } = await send(path, { headers: headers as Record<string, string> })
      expect(status).toBe(401)
      expect(body.code).toBe('admin_token_required')
    }
    const closing = { method: 'DELETE', headers: headers as Record<string, string> }
    expect((await send('/admin/connections', closing)).status).toBe(401)
  })
})

describe.each(ENGINES)('the pool of a tenant on %s', (engine) => {
  it("is shown with the server's own counts", async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts')
    const { body } = await asAdmin<{ pools: [{ size: number }]; server: { current: number } }>(
      `/admin/connections/${tenant}`,
    )
    expect(body).toMatchObject({ server: { current: expect.any(Number), max: expect.any(Number) } })
    expect(body.server.current).toBeGreaterThanOrEqual(body.pools[0].size)
  })

  it('is shown, closed on request, and then not found', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts')
    const shown = await asAdmin(`/admin/connections/${tenant}`)
    expect(shown.status).toBe(200)
    expect(shown.body).toMatchObject({
      user_id: tenant,
      placement: 'dedicated',
      pools: [{ host: `dedicated:${tenant}`, tenant, engine, state: 'open', wanted_size: 20 }],
    })
    expect((await asAdmin(`/admin/connections/${tenant}`, 'DELETE')).status).toBe(200)
    const gone = await asAdmin(`/admin/connections/${tenant}`, 'DELETE')
    expect(gone.status).toBe(404)
    expect(gone.body.detail).toBe(`No connection found for ${tenant}`)
    // It was a pool that was closed, not a tenant.
    expect((await as(tenant, '/api/posts')).status).toBe(200)
  })

  it('is drained before it is closed: the request that runs on it ends well', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/test/connection')
    if (engine === 'mongo') await setFault('mongo', { delayMs: 600 })
    const started = Date.now()
    const running = as(tenant, '/api/test/hold?ms=600')
    await new Promise((resolve) => setTimeout(resolve, 150))
    const closed = asAdmin(`/admin/connections/${tenant}`, 'DELETE')
    expect((await running).status).toBe(200)
    // Else it was over before there was anything to drain.
    expect(Date.now() - started).toBeGreaterThanOrEqual(550)
    expect((await closed).status).toBe(200)
  })
})

interface Times {
  wait_ms: Record<string, number | null>
  use_ms: Record<string, number | null>
}

interface Closings {
  pools_opened: number
  pools_closed: Record<string, number> & { drained: number }
}

const rowsOf = <T>({ hosts }: { hosts: { pools: T[] }[] }): T[] => hosts.flatMap((host) => host.pools)

/** Three percentiles each, none lower than the one before, and the counts behind them kept back. */
function expectTimes(pool: Times | undefined): void {
  const percentiles = { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) }
  expect(pool).toMatchObject({ wait_ms: percentiles, use_ms: percentiles })
  expect(pool).not.toHaveProperty('wait')
  expect(pool).not.toHaveProperty('use')
  for (const { p50, p95, p99 } of [pool?.wait_ms ?? {}, pool?.use_ms ?? {}]) {
    expect(p95).toBeGreaterThanOrEqual(Number(p50))
    expect(p99).toBeGreaterThanOrEqual(Number(p95))
  }
}

describe('statistics', () => {
  it('tell of a pool how long requests wait for it and use it', async () => {
    const tenant = newTenant('postgres')
    await as(tenant, '/api/test/hold?ms=120')
    const { body } = await asAdmin<{ pools: [Times] }>(`/admin/connections/${tenant}`)
    expectTimes(body.pools[0])
    expect(body.pools[0].use_ms.p99).toBeGreaterThanOrEqual(120)
    const fleet = await until(
      () => asAdmin<{ hosts: { pools: (Times & { tenant: string })[] }[] }>('/metrics/db-pool'),
      // The first report may have left while the lease was still out.
      (answer) => rowsOf(answer.body).some((pool) => pool.tenant === tenant && pool.use_ms.p50 !== null),
    )
    expectTimes(rowsOf(fleet.body).find((pool) => pool.tenant === tenant))
  })

  it('count how pools come and go, and go on counting when they are gone', async () => {
    const before = await asAdmin<Closings>('/admin/connections')
    const tenant = newTenant('mongo')
    await as(tenant, '/api/posts')
    await asAdmin(`/admin/connections/${tenant}`, 'DELETE')
    const { body } = await until(
      () => asAdmin<Closings>('/admin/connections'),
      (answer) => answer.body.pools_closed.drained > before.body.pools_closed.drained,
    )
    expect(Object.keys(body.pools_closed).sort()).toEqual([
      'drained',
      'error',
      'idle',
      'lru',
      'recalled',
      'recycled',
    ])
    expect(body.pools_opened).toBeGreaterThan(before.body.pools_opened)
  })

  it('add up over every host', async () => {
    const tenants = [newTenant('postgres'), newTenant('mongo'), newTenant('postgres')]
    await Promise.all(tenants.map((tenant) => as(tenant, '/api/posts')))
    interface Row {
      tenant: string | null
      cluster: string
      size: number
    }
    const { body } = await until(
      () =>
        asAdmin<Record<string, { size: number }> & { hosts: { stale: boolean; pools: Row[] }[] }>(
          '/metrics/db-pool',
        ),
      (answer) =>
        tenants.every((tenant) =>
          answer.body.hosts.some((host) =>
            host.pools.some((pool) => pool.tenant === tenant && pool.size > 0),
          ),
        ),
    )
    const rows = body.hosts.flatMap((host) => host.pools)
    for (const cluster of ['primary', 'replica', 'mongo']) {
      const sum = rows.filter((row) => row.cluster === cluster).reduce((total, row) => total + row.size, 0)
      expect(body[cluster]?.size).toBe(sum)
    }
    expect(body.hosts.every((host) => !host.stale)).toBe(true)
  })

  it('of connections have every figure, and none is less than nothing', async () => {
    const tenant = newTenant('postgres')
    for (let n = 0; n < 5; n++) await as(tenant, '/api/posts')
    const { body } = await until(
      () => asAdmin<Record<string, number> & { reuse: Record<string, number> }>('/admin/connections'),
      (answer) => (answer.body.reuse.total_reuses ?? 0) > 0,
    )
    expect(Object.keys(body).sort()).toEqual(
      [
        'active_users',
        'avg_connections_per_user',
        'cache',
        'connection_errors',
        'idle_timeout',
        'open_connections',
        'pools_closed',
        'pools_opened',
        'reuse',
        'slow_queries',
        'total_connections',
        'total_connections_closed',
        'total_connections_created',
        'total_potential_connections',
        'use_ms',
        'user_pool_size',
        'wait_ms',
      ].sort(),
    )
    for (const times of [body.wait_ms, body.use_ms]) {
      expect(times).toEqual({ p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) })
    }
    expect(body).toMatchObject({ user_pool_size: 20, idle_timeout: 60 })
    expect(Object.values(body).every((value) => typeof value !== 'number' || value >= 0)).toBe(true)
    expect(Object.keys(body.reuse).sort()).toEqual([
      'avg_reuses_per_connection',
      'reuse_rate',
      'total_reuses',
    ])
  })

  it('are empty after every connection was closed', async () => {
    await as(newTenant('mongo'), '/api/posts')
    const { status, body } = await asAdmin<{ closed: number }>('/admin/connections', 'DELETE')
    expect(status).toBe(200)
    expect(body.closed).toBeGreaterThanOrEqual(1)
    await until(
      () => asAdmin<{ total_connections: number; open_connections: number }>('/admin/connections'),
      (answer) => answer.body.total_connections === 0 && answer.body.open_connections === 0,
    )
  })
})
