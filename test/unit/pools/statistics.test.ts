import { expect, test } from 'vitest'
import { NO_POOL_COUNTERS } from '../../../src/pools/counters.ts'
import { Problem } from '../../../src/problem.ts'
import { settle } from '../support/clock.ts'
import { FakeHost, problemOf, requestOf, specOf } from '../support/host.ts'

test('statistics show a pool as it is at this moment', async () => {
  const host = new FakeHost()
  const size = { minSize: 2, maxSize: 3 }
  const openedAt = host.clock.now()
  const lease = await host.lease('a', size)
  await settle()
  await host.clock.advance(1_000)
  await lease.release()
  expect(host.cache.statistics()).toEqual([
    {
      id: 'a#1',
      key: 'a',
      tenant: 'a',
      tier: null,
      engine: 'postgres',
      cluster: 'postgres',
      state: 'open',
      size: 2,
      free: 2,
      used: 0,
      waiting: 0,
      min_size: 2,
      max_size: 3,
      wanted_size: 3,
      opened_at: openedAt,
      last_used_at: openedAt + 1_000,
      connections_created: 2,
      connections_closed: 0,
      connection_errors: 0,
      leases: 1,
      reuses: 0,
      lease_timeouts: 0,
      slow_queries: 0,
      create: { counts: [2], sum: 0 },
      wait: { counts: [1], sum: 0 },
      use: { counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], sum: 1_000 },
    },
  ])
})

test('statistics are data: they name no address and no password', async () => {
  const host = new FakeHost()
  const target = { engine: 'postgres', url: 'postgres://app:mysecret@db.test/app' } as const
  await using _lease = await host.lease('a', { target })
  expect(JSON.stringify([host.cache.statistics(), host.events])).not.toMatch(/mysecret|db\.test/)
})

test('an opening pool is shown with who waits for it', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const waiting = host.lease('a')
  await settle()
  expect(host.cache.statistics()[0]).toMatchObject({ state: 'opening', size: 0, used: 0, waiting: 1 })
  host.engine.openings[0]?.succeed()
  await (await waiting).release()
})

test('leases on a connection that served before are counted as reuses', async () => {
  const host = new FakeHost()
  for (let use = 0; use < 3; use++) await (await host.lease('a')).release()
  expect(host.cache.statistics()[0]).toMatchObject({ leases: 3, reuses: 2 })
})

test('statements that take as long as the limit count as slow', async () => {
  const host = new FakeHost({ slowQueryMs: 200 })
  await using lease = await host.lease('a')
  const { connection } = lease
  const hooks = host.engine.pools[0]?.hooks
  for (const durationMs of [0, 199, 200, 5_000]) {
    hooks?.commandEnded({ connection, durationMs, shape: () => 'SELECT ?' })
  }
  expect(host.cache.statistics()[0]?.slow_queries).toBe(2)
})

test('opening a connection is timed, and one that fails is not', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const leasing = host.lease('a', { minSize: 2, maxSize: 2 })
  await host.clock.advance(300)
  host.engine.openings[0]?.succeed()
  await (await leasing).release()
  await host.clock.advance(20)
  host.engine.openings[0]?.fail()
  await settle()
  expect(host.cache.statistics()[0]).toMatchObject({ connection_errors: 1, create: { sum: 300 } })
})

test('waiting and use are timed: from asking to having, and from having to being back', async () => {
  const host = new FakeHost()
  const size = { maxSize: 1 }
  const first = await host.lease('a', size)
  const second = host.lease('a', size)
  await host.clock.advance(40)
  expect(host.cache.statistics()[0]).toMatchObject({ wait: { sum: 0 }, use: { sum: 0 } })
  await first.release()
  await (await second).release()
  const times = { wait: { sum: 40 }, use: { sum: 40 } }
  expect(host.cache.statistics()[0]).toMatchObject({ leases: 2, ...times })
  await host.cache.closeAll()
  expect(host.cache.counters().get('postgres')).toMatchObject(times)
})

test('who gives up has waited for nothing, and has used nothing', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', { maxSize: 1 })
  const late = problemOf(host.lease('a', { maxSize: 1 }, { timeoutMs: 100 }))
  await host.clock.advance(100)
  expect((await late).code).toBe('pool_timeout')
  await held.release()
  expect(host.cache.statistics()[0]).toMatchObject({
    lease_timeouts: 1,
    wait: { counts: [1], sum: 0 },
    use: { sum: 100 },
  })
})

test('every pool that ends is counted with its reason', async () => {
  const host = new FakeHost({ maxPools: 2 })
  const use = async (key: string) => (await host.lease(key, { maxIdleMs: 1_000 })).release()
  await use('a')
  await use('b')
  await use('c')
  await host.cache.close('b')
  await host.clock.advance(60_000)
  host.engine.failure = new Problem('database_unavailable')
  await problemOf(host.lease('d'))
  expect(host.cache.counters().get('postgres')).toMatchObject({
    pools_opened: 4,
    pools_closed: { idle: 1, lru: 1, recycled: 0, drained: 1, error: 1 },
  })
})

test('what was counted stays counted when the pool is gone', async () => {
  const host = new FakeHost()
  await (await host.lease('a')).release()
  await (await host.lease('b')).release()
  const before = host.cache.counters().get('postgres')
  await host.cache.close('a')
  expect(host.cache.counters().get('postgres')).toEqual({
    ...before,
    connections_closed: 1,
    pools_closed: { ...NO_POOL_COUNTERS.pools_closed, drained: 1 },
  })
  await host.cache.closeAll()
  expect(host.cache.counters().get('postgres')).toEqual({
    ...NO_POOL_COUNTERS,
    create: { counts: [2], sum: 0 },
    leases: 2,
    connections_created: 2,
    connections_closed: 2,
    wait: { counts: [2], sum: 0 },
    use: { counts: [2], sum: 0 },
    pools_opened: 2,
    pools_closed: { ...NO_POOL_COUNTERS.pools_closed, drained: 2 },
  })
})

test('a pool that could not be opened leaves its errors behind', async () => {
  const host = new FakeHost()
  host.engine.failure = new Problem('database_unavailable')
  for (let failure = 0; failure < 3; failure++) await problemOf(host.lease('a'))
  expect(host.cache.statistics()).toEqual([])
  expect(host.cache.counters().get('postgres')).toMatchObject({ connection_errors: 3, leases: 0 })
})

test('nothing is missing from the sums while a failed pool makes way for the next', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const first = host.lease('a')
  const errors: (number | undefined)[] = []
  const second = first.catch(async () => {
    const next = host.lease('a')
    errors.push(host.cache.counters().get('postgres')?.connection_errors)
    return next
  })
  await settle()
  host.engine.openings[0]?.fail()
  await settle()
  host.engine.openings[0]?.succeed()
  await (await second).release()
  expect(errors).toEqual([1])
  expect(host.cache.counters().get('postgres')?.connection_errors).toBe(1)
})

test('a connection that is closed after its pool was closed by force is counted all the same', async () => {
  const host = new FakeHost({ drainMs: 1_000 })
  const held = await host.lease('a')
  const closed = host.cache.close('a')
  await host.clock.advance(1_000)
  await closed
  await held.release()
  expect(host.cache.counters().get('postgres')).toMatchObject({
    connections_created: 1,
    connections_closed: 1,
  })
})

test('each cluster has its own sums', async () => {
  const host = new FakeHost()
  await (await host.lease('a')).release()
  await (await host.cache.lease(specOf('b', { cluster: 'mongo' }), requestOf('b'))).release()
  await (await host.lease('a')).release()
  expect([...host.cache.counters()].map(([cluster, { leases }]) => [cluster, leases])).toEqual([
    ['postgres', 2],
    ['mongo', 1],
  ])
})

test('whoever watches hears of every lease, return, opening and ending', async () => {
  const host = new FakeHost()
  const heard: number[] = []
  const note = () => {
    heard.push(host.changes)
    host.changes = 0
  }
  const lease = await host.lease('a')
  note()
  await lease.release()
  note()
  await host.cache.close('a')
  note()
  expect(heard.every((changes) => changes > 0)).toBe(true)
})
