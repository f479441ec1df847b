import { expect, test } from 'vitest'
import { Problem } from '../../../src/problem.ts'
import { settle } from '../support/clock.ts'
import { fakeOf } from '../support/engine.ts'
import { FakeHost, problemOf } from '../support/host.ts'

async function fail(host: FakeHost, key: string, times: number): Promise<void> {
  for (let failure = 0; failure < times; failure++) {
    expect(await problemOf(host.lease(key))).toMatchObject({ code: 'database_refused' })
  }
}

test('after five failed openings the answer comes at once and says when to come back', async () => {
  const host = new FakeHost()
  host.engine.failure = new Problem('database_refused')
  await fail(host, 'a', 5)
  expect(await problemOf(host.lease('a'))).toMatchObject({
    code: 'database_unavailable',
    retryAfter: 1,
    detail: 'The database failed repeatedly; no connection is tried for a moment.',
  })
  expect(host.engine.attempts).toBe(5)
  expect(host.cache.size).toBe(0)
  expect(host.clock.timers).toBe(0)
})

test('one request per pause tries the database, and its success opens the way for all', async () => {
  const host = new FakeHost()
  host.engine.failure = new Problem('database_refused')
  await fail(host, 'a', 5)
  await host.clock.advance(1_000)
  await fail(host, 'a', 1)
  expect(await problemOf(host.lease('a'))).toMatchObject({ code: 'database_unavailable', retryAfter: 2 })
  host.engine.failure = undefined
  await host.clock.advance(2_000)
  const requests = Array.from({ length: 3 }, () => host.lease('a', { maxSize: 3 }))
  expect(await Promise.all(requests)).toHaveLength(3)
  expect(host.engine.attempts).toBe(7)
})

test('a database that fails for one tenant is still tried for another', async () => {
  const host = new FakeHost()
  host.engine.failure = new Problem('database_refused')
  await fail(host, 'a', 5)
  host.engine.failure = undefined
  await using lease = await host.lease('b')
  expect(lease.connection).toBeDefined()
  expect(await problemOf(host.lease('a'))).toMatchObject({ code: 'database_unavailable' })
})

test('a trial that finds the cache full is not spent', async () => {
  const host = new FakeHost({ maxPools: 1 })
  host.engine.failure = new Problem('database_refused')
  await fail(host, 'a', 5)
  host.engine.failure = undefined
  const other = await host.lease('b')
  await host.clock.advance(1_000)
  expect(await problemOf(host.lease('a'))).toMatchObject({ code: 'pool_cache_full' })
  await other.release()
  await using lease = await host.lease('a')
  expect(lease.connection).toBeDefined()
})

test('an open pool that cannot grow lets those who wait share what it has', async () => {
  const host = new FakeHost()
  const size = { maxSize: 10 }
  const held = await host.lease('a', size)
  host.engine.failure = new Problem('database_unavailable')
  const failed = Array.from({ length: 5 }, () => problemOf(host.lease('a', size)))
  expect((await Promise.all(failed)).map(({ code }) => code)).toEqual(Array(5).fill('database_unavailable'))
  const waiting = host.lease('a', size)
  await settle()
  expect(host.engine.openings).toHaveLength(0)
  await held.release()
  await using lease = await waiting
  expect(lease.connection).toBe(held.connection)
})

test('those who wait are told at once when the last connection of a failing database goes', async () => {
  const host = new FakeHost()
  const size = { maxSize: 10 }
  const held = await host.lease('a', size)
  host.engine.failure = new Problem('database_unavailable')
  await Promise.all(Array.from({ length: 5 }, () => problemOf(host.lease('a', size))))
  const waiting = problemOf(host.lease('a', size))
  fakeOf(held).broken = true
  await held.release()
  expect(await waiting).toMatchObject({ code: 'database_unavailable' })
  expect(host.cache.statistics()[0]).toMatchObject({ size: 0, waiting: 0 })
})

test('a connection in constant use is lent without being asked', async () => {
  const host = new FakeHost()
  const first = await host.lease('a')
  await first.release()
  await host.clock.advance(30_000)
  fakeOf(first).dead = true
  await using lease = await host.lease('a')
  expect(lease.connection).toBe(first.connection)
})

test('a connection unused for long is asked for a sign of life, and kept when it gives one', async () => {
  const host = new FakeHost()
  const first = await host.lease('a')
  await first.release()
  await host.clock.advance(30_001)
  await using lease = await host.lease('a')
  expect(lease.connection).toBe(first.connection)
  expect(host.cache.statistics()[0]).toMatchObject({ connections_created: 1, connections_closed: 0 })
})

test('a dead connection is replaced before anybody meets it, and the free ones with it', async () => {
  const host = new FakeHost()
  const size = { minSize: 1, maxSize: 3 }
  const leases = await Promise.all([host.lease('a', size), host.lease('a', size), host.lease('a', size)])
  for (const lease of leases) {
    fakeOf(lease).dead = true
    await lease.release()
  }
  await host.clock.advance(30_001)
  await using lease = await host.lease('a', size)
  expect(fakeOf(lease)).toMatchObject({ dead: false })
  expect(lease.reused).toBe(false)
  expect(host.cache.statistics()[0]).toMatchObject({ size: 1, used: 1, connections_closed: 3 })
})

test('a connection that nobody used since it was opened is asked too, once that is long ago', async () => {
  const host = new FakeHost()
  const size = { minSize: 2, maxSize: 2 }
  await (await host.lease('a', size)).release()
  await settle()
  for (const connection of host.engine.pools[0]?.connections ?? []) connection.dead = true
  await host.clock.advance(30_001)
  await using first = await host.lease('a', size)
  await using second = await host.lease('a', size)
  expect([fakeOf(first), fakeOf(second)]).toMatchObject([{ dead: false }, { dead: false }])
})

test('once a connection failed, those used before are asked before they are lent', async () => {
  const host = new FakeHost()
  const [first, second] = await Promise.all([host.lease('a'), host.lease('a')])
  await first?.release()
  await second?.release()
  await host.clock.advance(10)
  if (second) fakeOf(second).dead = true
  host.engine.pools[0]?.hooks.connectionFailed()
  await using lease = await host.lease('a')
  expect(fakeOf(lease).dead).toBe(false)
  expect(host.cache.statistics()[0]).toMatchObject({ connection_errors: 1, connections_closed: 2 })
})
