import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LEVELS } from '../../src/telemetry/events.ts'
import { captureLog, type LogLine, lastOf } from './log-lines.ts'
import {
  ADMIN,
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
  withinOneMinute,
  workerWith,
} from './support.ts'

/** What the tests of this file had the Worker log. */
const all: LogLine[] = []
let lines: LogLine[] = []

beforeEach(() => {
  lines = captureLog()
})

afterEach(async () => {
  vi.restoreAllMocks()
  all.push(...lines)
  await clearFaults()
})

const logged = (event: string, fields: LogLine = {}) =>
  until(
    async () => lastOf(lines, event, fields),
    (line) => line !== undefined,
  )

const post = { title: 'A title', content: 'Some content' }

describe.each(ENGINES)('a request of a tenant on %s', (engine) => {
  it('is one line with where it ran, what it waited for and what it spent', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts', 'POST', post)
    const { headers } = await send('/api/posts?tag=a-value', {
      headers: { ...headersOf(tenant), 'x-request-id': `one-${tenant}` },
    })
    const found = lines.filter((line) => line.request_id === `one-${tenant}`)
    expect(found).toEqual([
      {
        event: 'request',
        level: 'info',
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        request_id: `one-${tenant}`,
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
        method: 'GET',
        route: '/api/posts',
        status: 200,
        duration_ms: expect.any(Number),
        tenant,
        host: `dedicated:${tenant}`,
        placement: 'dedicated',
        wait_ms: expect.any(Number),
        db_ms: expect.any(Number),
        pool_reused: true,
        cache: 'miss',
        rate_limit_remaining: expect.any(Number),
      },
    ])
    expect([...headers.keys()].filter((name) => name.startsWith('x-rockpool'))).toEqual([])
  })

  it('that is answered from the cache waited for nothing and asked nobody', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts')
    await as(tenant, '/api/posts')
    const line = lastOf(lines, 'request', { tenant })
    expect(line).toMatchObject({ cache: 'hit', placement: 'dedicated' })
    for (const name of ['wait_ms', 'db_ms', 'pool_reused']) expect(line).not.toHaveProperty(name)
  })

  it('tells its time in Server-Timing, as far as it was spent', async () => {
    const tenant = newTenant(engine)
    const of = async () => (await as(tenant, '/api/posts')).headers.get('server-timing')
    expect(await of()).toMatch(/^limit;dur=\d+, lease;dur=\d+, db;dur=\d+, total;dur=\d+$/)
    expect(await of()).toMatch(/^limit;dur=\d+, total;dur=\d+$/)
    const off = workerWith({ SERVER_TIMING: 'off' })
    expect((await off('/api/posts', headersOf(tenant))).headers.has('server-timing')).toBe(false)
  })

  it('is told with the pattern of its route, never with its path', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts/somebody@example.test')
    expect(lastOf(lines, 'request', { tenant })).toMatchObject({ route: '/api/posts/:post_id', status: 404 })
    await as(tenant, '/api/somebody@example.test')
    expect(lastOf(lines, 'request', { tenant })).toMatchObject({ route: 'unknown', status: 404 })
  })

  it('that is slow is told with the shape of what it asked, and its request', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/test/connection')
    if (engine === 'mongo') await setFault('mongo', { delayMs: 1_200 })
    await send('/api/test/hold?ms=1100', {
      headers: { ...headersOf(tenant), traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` },
    })
    const { request_id, duration_ms, ...line } = lastOf(lines, 'query.slow', { tenant }) ?? {}
    expect(line).toMatchObject({
      host: `dedicated:${tenant}`,
      engine,
      trace_id: 'ab'.repeat(16),
      statement:
        engine === 'mongo' ? 'command {listDatabases, nameOnly, filter: {name}}' : 'SELECT pg_sleep($1)',
    })
    expect(duration_ms).toBeGreaterThanOrEqual(1_000)
    expect(lastOf(lines, 'request', { tenant })).toMatchObject({ request_id })
    expect(lastOf(lines, 'request', { tenant })?.db_ms).toBeGreaterThanOrEqual(1_000)
  })

  it('leaves the story of its pool, with its figures at the end', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts')
    await asAdmin(`/admin/connections/${tenant}`, 'DELETE')
    const names = { host: `dedicated:${tenant}`, tenant, engine, pool: `${tenant}/20` }
    expect(lastOf(lines, 'pool.opened', names)).toMatchObject({ open_ms: expect.any(Number) })
    expect(lastOf(lines, 'pool.closed', names)).toMatchObject({ reason: 'drained', uses: expect.any(Number) })
    expect(lastOf(lines, 'pool.stats', names)).toMatchObject({
      size: 0,
      used: 0,
      waiting: 0,
      wait_p95_ms: expect.any(Number),
      leases: expect.any(Number),
    })
  })

  it('that waits in vain for a connection is told, with how long', async () => {
    const tenant = newTenant(engine)
    await setFault(engine, { blackhole: true })
    const { status } = await as(tenant, '/api/posts')
    expect(status).toBe(503)
    expect(await logged('lease.timeout', { tenant })).toMatchObject({
      host: `dedicated:${tenant}`,
      code: 'pool_timeout',
      wait_ms: 5_000,
      request_id: lastOf(lines, 'request', { tenant })?.request_id,
    })
    expect(lastOf(lines, 'request', { tenant })?.wait_ms).toBeGreaterThanOrEqual(5_000)
  })
})

describe('in the placement isolate', () => {
  it('a request is told like any other, without a host', async () => {
    const tenant = newTenant('postgres')
    const fetch = workerWith({ STRATEGY: 'isolate', SLOW_QUERY_MS: '200' })
    const { headers } = await fetch('/api/posts', headersOf(tenant))
    expect(headers.get('server-timing')).toMatch(/lease;dur=\d+, db;dur=\d+/)
    const line = lastOf(lines, 'request', { tenant })
    expect(line).toMatchObject({
      placement: 'isolate',
      route: '/api/posts',
      db_ms: expect.any(Number),
      wait_ms: expect.any(Number),
    })
    expect(line).not.toHaveProperty('host')
    await fetch('/api/test/read?ms=250', headersOf(tenant))
    expect(lastOf(lines, 'query.slow', { tenant })).toMatchObject({
      statement: expect.stringContaining('pg_sleep($1)'),
      request_id: lastOf(lines, 'request', { tenant })?.request_id,
    })
  })
})

describe('the trace of a request', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'

  it('is continued and given back, under a span of its own', async () => {
    const parent = '00f067aa0ba902b7'
    const { headers } = await send('/health/live', {
      headers: { traceparent: `00-${trace}-${parent}-01`, tracestate: 'rojo=1' },
    })
    const { span_id } = lastOf(lines, 'request', { trace_id: trace }) ?? {}
    expect(span_id).not.toBe(parent)
    expect(headers.get('traceparent')).toBe(`00-${trace}-${span_id}-01`)
    expect(headers.get('tracestate')).toBe('rojo=1')
  })

  it('is begun where there is none, also for what is refused', async () => {
    for (const traceparent of ['', 'nonsense', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`]) {
      const { status, headers } = await send('/api/posts', { headers: { traceparent } })
      expect(status).toBe(400)
      expect(headers.get('traceparent')).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/)
    }
  })
})

describe('a limit', () => {
  it('that refuses a tenant is told once, with its name and no address', async () => {
    await withinOneMinute()
    const tenant = newTenant('postgres')
    const fetch = workerWith({ TIERS: JSON.stringify({ basic: { rate_limit: 1 } }) })
    const headers = { ...headersOf(tenant), 'cf-connecting-ip': '192.0.2.77' }
    const answers = []
    for (let n = 0; n < 8; n++) answers.push((await fetch('/api/posts', headers)).status)
    expect(answers.filter((status) => status === 429).length).toBeGreaterThanOrEqual(6)
    const told = lines.filter((line) => line.event === 'limit.refused')
    expect(told).toEqual([
      expect.objectContaining({ policy: 'tenant', tenant, limit: 1, refusals: 1, level: 'warn' }),
    ])
    const refused = workerWith({ RATE_LIMIT_ADDRESS: '1' })
    for (let n = 0; n < 4; n++) await refused('/api/posts', { 'cf-connecting-ip': '192.0.2.78' })
    expect(lastOf(lines, 'limit.refused', { policy: 'address' })).toBeDefined()
    expect(JSON.stringify(lines)).not.toContain('192.0.2.')
  })

  it('says once that it cannot count, and once that it can again', async () => {
    const tenant = newTenant('postgres')
    const fetch = workerWith({ RATE_LIMIT_TIMEOUT_MS: '2000' })
    await fetch('/api/posts', headersOf(tenant))
    await setFault('redis', { refuse: true })
    for (let n = 0; n < 3; n++) await fetch('/api/posts', headersOf(tenant))
    expect(lines.filter((line) => line.event === 'limiter.down')).toHaveLength(1)
    await clearFaults()
    let asked = 0
    await until(
      async () => {
        // From another network each time: of a known one requests are taken in advance, or refused, without asking Redis.
        await fetch('/api/posts', { 'cf-connecting-ip': `2001:db8:${(++asked).toString(16)}::1` })
        return lastOf(lines, 'limiter.up')
      },
      (line) => line !== undefined,
      20_000,
    )
  })
})

describe('a Ledger', () => {
  it('tells what it learned of a server, and once that it has nothing left to grant', async () => {
    const cluster = `log-${Date.now()}`
    await runInDurableObject(env.LEDGER.getByName(cluster), async (ledger) => {
      ledger.learnMax(23)
      expect(lastOf(lines, 'ledger.limit_changed', { cluster })).toMatchObject({
        from: 10,
        to: 20,
        source: 'server',
      })
      ledger.learnMax(23)
      const one = { host: 'h', instance: 'i', want: 30, weight: 1, overhead: 0 }
      expect((await ledger.claim({ ...one, pool: 'all' })).size).toBe(20)
      for (const pool of ['x', 'y']) {
        expect((await ledger.claim({ ...one, pool })).size).toBe(0)
        ledger.giveBack({ ...one, pool }, 0, 0)
      }
    })
    expect(lines.filter((line) => line.event === 'ledger.exhausted')).toEqual([
      expect.objectContaining({ cluster, denials: 1, limit: 20, granted: 20 }),
    ])
  })
})

it('a change by the operator is told: of a tenant, and of a pause', async () => {
  const id = unknownTenant()
  await asAdmin('/admin/tenants', 'POST', { id, engine: 'postgres' })
  expect(lastOf(lines, 'tenant.changed', { tenant: id })).toMatchObject({ action: 'created' })
  await asAdmin('/admin/pause', 'POST', { user_id: id })
  await asAdmin('/admin/resume', 'POST', { user_id: id })
  expect(lastOf(lines, 'pause.changed', { tenant: id })).toMatchObject({ action: 'resume' })
})

it('a deployment with a bad variable says so once, by name and without the value', async () => {
  const broken = workerWith({ SLOW_QUERY_MS: 'a-marked-value' })
  for (let n = 0; n < 3; n++) expect((await broken('/api/posts', ADMIN)).status).toBe(503)
  const told = lines.filter((line) => line.event === 'config.invalid')
  expect(told).toEqual([expect.objectContaining({ variables: ['SLOW_QUERY_MS'], level: 'error' })])
  expect(JSON.stringify(lines)).not.toContain('a-marked-value')
})

afterAll(() => {
  expect(all.length).toBeGreaterThan(50)
  for (const line of all) {
    expect(Object.keys(LEVELS), JSON.stringify(line)).toContain(line.event)
    expect(line).toMatchObject({
      level: LEVELS[line.event as keyof typeof LEVELS],
      ts: expect.stringMatching(/Z$/),
    })
  }
})
