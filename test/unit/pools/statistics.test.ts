import { expect, test } from 'vitest'
import { addCounters, NO_COUNTERS } from '../../../src/pools/statistics.ts'
import { Problem } from '../../../src/problem.ts'
import { settle } from '../support/clock.ts'
import { FakeHost, problemOf, specOf } from '../support/host.ts'

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
      key: 'a',
      tenant: 'a',
      engine: 'postgres',
      cluster: 'postgres',
      state: 'open',
      size: 2,
      free: 2,
      used: 0,
      waiting: 0,
      min_size: 2,
      max_size: 3,
      opened_at: openedAt,
      last_used_at: openedAt + 1_000,
      connections_created: 2,
      connections_closed: 0,
      connection_errors: 0,
      leases: 1,
      reuses: 0,
      lease_timeouts: 0,
      slow_queries: 0,
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
  await using _lease = await host.lease('a')
  const hooks = host.engine.pools[0]?.hooks
  for (const durationMs of [0, 199, 200, 5_000]) hooks?.commandEnded(durationMs)
  expect(host.cache.statistics()[0]?.slow_queries).toBe(2)
})

test('what was counted stays counted when the pool is gone', async () => {
  const host = new FakeHost()
  await (await host.lease('a')).release()
  await (await host.lease('b')).release()
  const before = host.cache.counters().get('postgres')
  await host.cache.close('a')
  expect(host.cache.counters().get('postgres')).toEqual({ ...before, connections_closed: 1 })
  await host.cache.closeAll()
  expect(host.cache.counters().get('postgres')).toEqual({
    ...NO_COUNTERS,
    leases: 2,
    connections_created: 2,
    connections_closed: 2,
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
  await (await host.cache.lease(specOf('b', { cluster: 'mongo' }), { tenant: 'b', timeoutMs: 100 })).release()
  await (await host.lease('a')).release()
  expect([...host.cache.counters()].map(([cluster, { leases }]) => [cluster, leases])).toEqual([
    ['postgres', 2],
    ['mongo', 1],
  ])
})

test('counters add up name by name', () => {
  const a = { ...NO_COUNTERS, leases: 1, slow_queries: 2 }
  const names = Object.keys(NO_COUNTERS)
  const ones = Object.fromEntries(names.map((name) => [name, 1])) as typeof a
  expect(addCounters(a, ones)).toEqual({ ...ones, leases: 2, slow_queries: 3 })
  expect(Object.keys(addCounters(a, ones)).sort()).toEqual(names.sort())
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
