import { expect, test } from 'vitest'
import { Problem } from '../../../src/problem.ts'
import { settle } from '../support/clock.ts'
import { fakeOf } from '../support/engine.ts'
import { FakeHost, problemOf, requestOf } from '../support/host.ts'

const one = { minSize: 1, maxSize: 1 }

test('a closing pool serves those who hold and await a connection, and then closes', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const waiting = host.lease('a', one)
  await settle()
  const closed = host.cache.close('a')
  expect(host.cache.statistics()[0]?.state).toBe('draining')
  await held.release()
  const lease = await waiting
  expect(host.story()).toEqual(['opened a'])
  await lease.release()
  expect(await closed).toBe(true)
  expect(host.engine.pools[0]?.closed).toBe('gently')
  expect(host.story()).toEqual(['opened a', 'closed a drained'])
  expect(host.cache.isEmpty()).toBe(true)
})

test('a request that comes while a pool is closing gets a new pool', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const closed = host.cache.close('a')
  await using lease = await host.lease('a', one)
  expect(lease.connection).not.toBe(held.connection)
  expect(host.cache.statistics().map(({ state }) => state)).toEqual(['draining', 'open'])
  await held.release()
  await closed
  expect(host.cache.statistics().map(({ state }) => state)).toEqual(['open'])
})

test('a closing pool itself lets nobody in', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const pool = host.cache.find('a')
  const closed = host.cache.close('a')
  expect(await problemOf(pool?.lease(requestOf('a')) ?? closed)).toMatchObject({
    code: 'pool_closed',
  })
  await held.release()
  await closed
})

test('what does not come back in time is closed by force', async () => {
  const host = new FakeHost({ drainMs: 5_000 })
  const held = await host.lease('a', one)
  const waiting = problemOf(host.lease('a', one))
  await settle()
  const closed = host.cache.close('a')
  await host.clock.advance(4_999)
  expect(host.engine.pools[0]?.closed).toBeUndefined()
  await host.clock.advance(1)
  expect(await waiting).toMatchObject({ code: 'pool_closed' })
  expect(await closed).toBe(true)
  expect(host.engine.pools[0]?.closed).toBe('by force')
  await held.release()
  expect(host.engine.pools[0]?.connections.size).toBe(0)
  expect(host.clock.timers).toBe(0)
})

test('a connection that is opened after the deadline is lent to nobody', async () => {
  const host = new FakeHost({ drainMs: 5_000 })
  const held = await host.lease('a')
  host.engine.held = true
  const late = problemOf(host.lease('a'))
  await settle()
  const closed = host.cache.close('a')
  await host.clock.advance(5_000)
  await closed
  host.engine.openings[0]?.succeed()
  expect(await late).toMatchObject({ code: 'pool_closed' })
  await held.release()
  expect(host.engine.pools[0]?.connections.size).toBe(0)
})

test('a lease given back after the pool was closed is a no-op', async () => {
  const host = new FakeHost({ drainMs: 5_000 })
  const held = await host.lease('a', one)
  const closed = host.cache.close('a')
  await host.clock.advance(5_000)
  await closed
  await held.release()
  await held.release()
  await using lease = await host.lease('a', one)
  expect(lease.connection).not.toBe(held.connection)
})

test('closing what is not there says so', async () => {
  const host = new FakeHost()
  expect(await host.cache.close('a')).toBe(false)
  expect(await host.cache.closeAll()).toBe(0)
})

test('every pool is closed at once, and counted', async () => {
  const host = new FakeHost()
  for (const key of ['a', 'b', 'c']) await (await host.lease(key)).release()
  expect(await host.cache.closeAll()).toBe(3)
  expect(host.cache.isEmpty()).toBe(true)
  expect(host.clock.timers).toBe(0)
})

test('a pool that is closed while it opens serves those who wait first', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const waiting = host.lease('a', one)
  await settle()
  const closed = host.cache.close('a')
  host.engine.openings[0]?.succeed()
  await (await waiting).release()
  await closed
  expect(host.story()).toEqual(['opened a', 'closed a drained'])
  expect(host.cache.counters().get('postgres')).toMatchObject({ leases: 1, connections_created: 1 })
})

test('a pool that is closed while it opens for nobody is told of once and counted once', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const gone = problemOf(host.lease('a', one, { timeoutMs: 100 }))
  await host.clock.advance(100)
  await gone
  expect(await host.cache.close('a')).toBe(true)
  host.engine.openings[0]?.succeed()
  await settle()
  expect(host.story()).toEqual(['closed a drained'])
  expect(host.cache.counters().get('postgres')).toMatchObject({ lease_timeouts: 1 })
  expect(host.engine.pools[0]?.connections.size).toBe(0)
  expect(host.clock.timers).toBe(0)
})

test('a pool that fails to open while it closes is done at once, told of once and counted once', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const impatient = problemOf(host.lease('a', one, { timeoutMs: 100 }))
  const waiting = problemOf(host.lease('a', one))
  await host.clock.advance(100)
  await impatient
  const closed = host.cache.close('a')
  host.engine.openings[0]?.fail(new Problem('database_refused'))
  expect(await waiting).toMatchObject({ code: 'database_refused' })
  expect(await closed).toBe(true)
  expect(host.story()).toEqual(['error a database_refused'])
  expect(host.cache.counters().get('postgres')).toMatchObject({ lease_timeouts: 1, connection_errors: 1 })
  expect(host.clock.timers).toBe(0)
})

test('closing does not wait for a database that is gone', async () => {
  const host = new FakeHost()
  const size = { maxSize: 8 }
  const held = await host.lease('a', size)
  host.engine.failure = new Problem('database_unavailable')
  const waiting = Promise.all(Array.from({ length: 6 }, () => problemOf(host.lease('a', size))))
  await settle()
  const closed = host.cache.close('a')
  fakeOf(held).broken = true
  await held.release()
  for (const { code } of await waiting) expect(code).toBe('database_unavailable')
  expect(await closed).toBe(true)
  expect(host.clock.timers).toBe(0)
})

test('a driver that fails while it closes keeps no pool open', async () => {
  const host = new FakeHost({ maxPools: 1 })
  await (await host.lease('a')).release()
  const pool = host.engine.pools[0]
  if (pool) pool.close = () => Promise.reject(new Error('the socket is gone'))
  await (await host.lease('b')).release()
  await settle()
  expect(host.story()).toEqual(['opened a', 'closed a lru', 'opened b'])
})
