import { evictDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { DashboardHistory, DashboardView } from '../../../src/edge/dashboard/contract.ts'
import {
  ADMIN,
  as,
  asAdmin,
  clearFaults,
  headersOf,
  newTenant,
  send,
  setFault,
  until,
  withinOneMinute,
  workerWith,
} from '../support.ts'
import { signedIn } from './support.ts'

const view = async () => (await asAdmin<DashboardView>('/dashboard/view')).body
const rowOf = ({ pools }: DashboardView, tenant: string) => pools.find((pool) => pool.tenant === tenant)

afterEach(clearFaults)

describe('what the dashboard shows', () => {
  it.each(['/dashboard/view', '/dashboard/history', '/dashboard/stream'])(
    'is closed to strangers: %s',
    async (path) => {
      const { status, body } = await send(path)
      expect(status).toBe(401)
      expect(body.code).toBe('admin_token_required')
    },
  )

  it('is open to who is signed in, and kept by nobody', async () => {
    const headers = await signedIn()
    for (const path of ['/dashboard/view', '/dashboard/history']) {
      const answer = await send(path, { headers })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('is the pools as they are: how many connections run, are free and are waited for', async () => {
    const tenant = newTenant('postgres')
    const narrow = workerWith({ TIERS: '{"basic": {"size": 2, "shards": 1}}' })
    const isCalm = (one: DashboardView) => {
      const row = rowOf(one, tenant)
      return row?.used === 0 && row.waiting === 0
    }
    // The first pool of a cluster also asks the server how many connections it takes.
    await narrow('/api/posts', headersOf(tenant))
    await until(view, isCalm)
    const holds = Array.from({ length: 3 }, () => narrow('/api/test/hold?ms=1500', headersOf(tenant)))
    const busy = await until(view, (one) => {
      const row = rowOf(one, tenant)
      return row?.used === 2 && row.waiting === 1
    })
    expect(rowOf(busy, tenant)).toMatchObject({
      cluster: 'primary',
      host: `dedicated:${tenant}`,
      tier: 'basic',
      placement: 'dedicated',
      state: 'open',
      size: 2,
      used: 2,
      free: 0,
      waiting: 1,
      max_size: 2,
      paused: false,
      stale: false,
    })
    expect(busy.pools[0]?.tenant).toBe(tenant)
    const primary = busy.clusters.find(({ cluster }) => cluster === 'primary')
    expect(primary).toMatchObject({ max: 300, limit: 270, held: 0 })
    expect(primary?.used).toBeGreaterThanOrEqual(2)
    expect(primary?.waiting).toBeGreaterThanOrEqual(1)
    expect(primary?.granted).toBeGreaterThanOrEqual(2)
    for (const one of busy.clusters) {
      const pools = busy.pools.filter(({ cluster }) => cluster === one.cluster)
      expect(one.pools).toBe(pools.length)
      expect(one.open).toBe(pools.reduce((sum, { size }) => sum + size, 0))
    }
    await Promise.all(holds)
    const calm = await until(view, isCalm)
    expect(rowOf(calm, tenant)).toMatchObject({ free: 2, waiting: 0, wait_p95_ms: expect.any(Number) })
    expect(rowOf(calm, tenant)?.reuse).toBeGreaterThan(0)
    expect(calm.active_tenants).toBeGreaterThanOrEqual(1)
  })

  it('is the health of every service, and where tiers are placed', async () => {
    const { status, services, strategy, limiter } = await view()
    expect(status).toBe('healthy')
    expect(services.map(({ name }) => name)).toEqual(['primary', 'replica', 'mongo', 'redis'])
    expect(services.every((service) => service.status === 'healthy')).toBe(true)
    expect(strategy).toMatchObject({ configured: 'dedicated', in_force: 'dedicated' })
    expect(strategy.placements).toMatchObject({ free: 'dedicated', enterprise: 'dedicated' })
    // On a busy machine Redis may be late, and the limiter says so.
    const fleet = await asAdmin<{ limiter: { state: string } }>('/admin/fleet')
    expect(limiter.state).toBe(fleet.body.limiter.state)
    expect(limiter.state).not.toBe('off')
  })

  it('does not ask the databases every time', async () => {
    await view()
    await setFault('mongo', { delayMs: 20_000 })
    const started = Date.now()
    for (let n = 0; n < 5; n++) await view()
    expect(Date.now() - started).toBeLessThan(10_000)
  })

  it('is the strategy that auto stands for', async () => {
    const { body } = await workerWith({ STRATEGY: 'auto' })<DashboardView>('/dashboard/view', ADMIN)
    expect(body.strategy.configured).toBe('auto')
    expect(body.strategy.in_force).toMatch(/^(shared|grouped|dedicated)$/)
    expect(new Set(Object.values(body.strategy.placements))).toEqual(new Set([body.strategy.in_force]))
  })

  it('is who is paused, and whose pools', async () => {
    const tenant = newTenant('mongo')
    await as(tenant, '/api/posts')
    await asAdmin('/admin/pause', 'POST', { user_id: tenant })
    const { paused, pools } = await until(view, (one) => rowOf(one, tenant) !== undefined)
    expect(paused.tenants.map((one) => one.tenant)).toContain(tenant)
    expect(pools.find((pool) => pool.tenant === tenant)?.paused).toBe(true)
    await asAdmin('/admin/resume', 'POST', { user_id: tenant })
    expect((await view()).paused).toEqual({ fleet_since: null, tenants: [] })
  })

  it('is what happened on hosts and at the edge, the newest first', async () => {
    const tenant = newTenant('postgres')
    await as(tenant, '/api/posts')
    await asAdmin('/admin/pause', 'POST', { user_id: tenant })
    await asAdmin('/admin/resume', 'POST', { user_id: tenant })
    const { events } = await until(
      async () => {
        await as(tenant, '/api/posts')
        return view()
      },
      (one) =>
        one.events.some((event) => event.event === 'pool.opened' && event.host === `dedicated:${tenant}`) &&
        one.events.some((event) => event.event === 'pause.changed' && event.tenant === tenant),
      10_000,
    )
    const times = events.map(({ at }) => at)
    expect(times).toEqual([...times].sort().reverse())
    expect(events.length).toBeLessThanOrEqual(100)
    expect(events.map(({ event }) => event)).not.toContain('request')
    expect(events.find(({ event }) => event === 'pool.opened')).toMatchObject({
      level: 'info',
      engine: expect.any(String),
      open_ms: expect.any(Number),
    })
  })

  it('is who was refused by a limit', async () => {
    const tenant = newTenant('postgres')
    const limited = workerWith({ TIERS: '{"basic": {"size": 2, "rate_limit": 2}}' })
    // Of four in one minute two are refused.
    await withinOneMinute()
    for (let n = 0; n < 4; n++) await limited('/api/posts', headersOf(tenant))
    const { refused } = await until(
      async () => {
        await as(tenant, '/api/posts')
        return view()
      },
      (one) => one.refused.some((row) => row.tenant === tenant && row.refused >= 2),
      // A Meter that could not be reached a moment ago is tried again after ten seconds.
      25_000,
    )
    expect(refused.find((row) => row.tenant === tenant)).toMatchObject({ policy: 'tenant' })
  })
})

describe('the history of connections', () => {
  it('is made of what hosts report, and outlives a reset of the Ledger', async () => {
    await as(newTenant('mongo'), '/api/posts')
    const read = async () => (await asAdmin<DashboardHistory>('/dashboard/history')).body
    const { samples } = await until(read, (one) => one.samples.some(({ clusters }) => 'mongo' in clusters))
    for (const { at, clusters, ...sums } of samples) {
      expect(at % 5_000).toBe(0)
      const parts = Object.values(clusters)
      for (const name of ['used', 'free', 'waiting'] as const) {
        expect(sums[name]).toBe(parts.reduce((sum, part) => sum + part[name], 0))
      }
    }
    const oldest = samples[0]?.at
    await evictDurableObject(env.LEDGER.getByName('mongo'))
    expect((await read()).samples[0]?.at).toBe(oldest)
  })
})

describe('the stream', () => {
  it('sends the fleet at once and again a second later, with what a browser needs to come again', async () => {
    const response = await exports.default.fetch('http://rockpool.test/dashboard/stream', {
      headers: await signedIn(),
    })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const reader = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream())
      .getReader()
    let text = ''
    const started = Date.now()
    while (text.split('\n\n').length < 3) {
      const { value, done } = await reader.read()
      if (done) break
      text += value
    }
    expect(Date.now() - started).toBeGreaterThanOrEqual(900)
    await reader.cancel()
    const events = text.split('\n\n').slice(0, 2)
    const views = events.map((event) => {
      const fields = Object.fromEntries(
        event
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
      )
      expect(fields).toMatchObject({ event: 'view', retry: '2000' })
      const one: DashboardView = JSON.parse(fields.data ?? '')
      expect(fields.id).toBe(one.at)
      return one
    })
    expect(Date.parse(views[1]?.at ?? '')).toBeGreaterThan(Date.parse(views[0]?.at ?? ''))
    expect(views[0]?.clusters.map(({ cluster }) => cluster)).toEqual(['primary', 'replica', 'mongo'])
  })
})
