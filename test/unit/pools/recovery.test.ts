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
  // However long it is gone: the pauses do not grow.
  expect(await problemOf(host.lease('a'))).toMatchObject({ code: 'database_unavailable', retryAfter: 1 })
  host.engine.failure = undefined
  await host.clock.advance(1_000)
  const requests = Array.from({ length: 3 }, () => host.lease('a', { maxSize: 3 }))
  expect(await Promise.all(requests)).toHaveLength(3)
  expect(host.engine.attempts).toBe(7)
})

test('one trial a second decides for all pools on a server, and its success lets all of them open', async () => {
  const host = new FakeHost({ maxPools: 100 })
  host.engine.failure = new Problem('database_unavailable')
  for (let n = 0; n < 5; n++) await problemOf(host.lease(`a${n}`))
  const attempts = host.engine.attempts
  for (let second = 0; second < 20; second++) {
    await host.clock.advance(1_000)
    await Promise.all(Array.from({ length: 50 }, (_, n) => problemOf(host.lease(`a${n}`))))
  }
  expect(host.engine.attempts - attempts).toBe(20)
  host.engine.failure = undefined
  await host.clock.advance(1_000)
  await (await host.lease('a0')).release()
  const others = await Promise.all(Array.from({ length: 49 }, (_, n) => host.lease(`a${n + 1}`)))
  expect(others).toHaveLength(49)
  expect(host.engine.peak).toBeLessThanOrEqual(4)
})

test('a database that a tenant brought and that fails is still tried for another', async () => {
  const host = new FakeHost()
  const own = { isBudgeted: false }
  host.engine.failure = new Problem('database_refused')
  for (let n = 0; n < 5; n++) await problemOf(host.lease('a', own))
  host.engine.failure = undefined
  await using lease = await host.lease('b', own)
  expect(lease.connection).toBeDefined()
  await using shared = await host.lease('c')
  expect(shared.connection).toBeDefined()
  expect(await problemOf(host.lease('a', own))).toMatchObject({ code: 'database_unavailable' })
})

test('a trial that finds the cache full is not spent', async () => {
  const host = new FakeHost({ maxPools: 1 })
  host.engine.failure = new Problem('database_refused')
  const own = { isBudgeted: false }
  for (let n = 0; n < 5; n++) await problemOf(host.lease('a', own))
  host.engine.failure = undefined
  const other = await host.lease('b')
  await host.clock.advance(1_000)
  expect(await problemOf(host.lease('a', own))).toMatchObject({ code: 'pool_cache_full' })
  await other.release()
  await using lease = await host.lease('a', own)
  expect(lease.connection).toBeDefined()
})

test('an open pool that cannot grow lets those who wait share what it has', async () => {
  const host = new FakeHost()
  const size = { maxSize: 10 }
  const held = await host.lease('a', size)
  host.engine.failure = new Problem('database_unavailable')
  // None of them is refused for what could not be opened: a connection of the pool can serve them all.
  const waiting = Array.from({ length: 80 }, () => host.lease('a', size))
  await settle()
  expect(host.engine.openings).toHaveLength(0)
  await held.release()
  for (const one of waiting) {
    const lease = await one
    expect(lease.connection).toBe(held.connection)
    await lease.release()
  }
})

test('who waits for what could not be opened keeps the place in the line', async () => {
  const host = new FakeHost()
  const size = { maxSize: 10 }
  const held = await host.lease('a', size)
  host.engine.failure = new Problem('database_unavailable')
  const served: number[] = []
  const waiting = Array.from({ length: 10 }, async (_, n) => {
    const lease = await host.lease('a', size)
    served.push(n)
    await lease.release()
  })
  await settle()
  await held.release()
  await Promise.all(waiting)
  expect(served).toEqual([...served.keys()])
})

test('those who wait are told at once when the last connection of a failing database goes', async () => {
  const host = new FakeHost()
  const size = { maxSize: 10 }
  const held = await host.lease('a', size)
  host.engine.failure = new Problem('database_unavailable')
  const waiting = Array.from({ length: 6 }, () => problemOf(host.lease('a', size)))
  await settle()
  fakeOf(held).broken = true
  await held.release()
  for (const { code } of await Promise.all(waiting)) expect(code).toBe('database_unavailable')
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
