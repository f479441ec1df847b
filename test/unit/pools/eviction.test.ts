import { expect, test } from 'vitest'
import { settle } from '../support/clock.ts'
import { FakeHost, problemOf } from '../support/host.ts'

async function touch(host: FakeHost, ...keys: string[]): Promise<void> {
  for (const key of keys) await (await host.lease(key)).release()
}

test('a full cache makes room by closing the least recently used pool', async () => {
  const host = new FakeHost({ maxPools: 3 })
  await touch(host, 'a', 'b', 'c', 'a')
  await touch(host, 'd')
  expect(host.story().filter((line) => line.startsWith('closed'))).toEqual(['closed b lru'])
  await touch(host, 'e')
  expect(host.story().filter((line) => line.startsWith('closed'))).toEqual(['closed b lru', 'closed c lru'])
  expect(host.cache.size).toBe(3)
})

test('a pool with a lease out is never closed for another, however long ago it was used', async () => {
  const host = new FakeHost({ maxPools: 2 })
  const held = await host.lease('a')
  await touch(host, 'b', 'c', 'd')
  expect(host.story().filter((line) => line.startsWith('closed'))).toEqual(['closed b lru', 'closed c lru'])
  expect(host.cache.find('a')?.state).toBe('open')
  await held.release()
})

test('a pool that somebody waits for is not closed for another either', async () => {
  const host = new FakeHost({ maxPools: 1 })
  host.engine.held = true
  const waiting = host.lease('a')
  await settle()
  expect(await problemOf(host.lease('b'))).toMatchObject({ code: 'pool_cache_full' })
  host.engine.openings[0]?.succeed()
  await (await waiting).release()
})

test('when every pool is in use the answer is no, and nothing is closed', async () => {
  const host = new FakeHost({ maxPools: 2 })
  const leases = [await host.lease('a'), await host.lease('b')]
  expect(await problemOf(host.lease('c'))).toMatchObject({
    code: 'pool_cache_full',
    retryAfter: 1,
    detail: 'All 2 pools of this host have requests running.',
  })
  expect(host.cache.size).toBe(2)
  expect(host.story()).toEqual(['opened a', 'opened b'])
  // A pool that is there already serves all the same.
  await (await host.lease('a')).release()
  for (const lease of leases) await lease.release()
  await touch(host, 'c')
})

test('a request that meets the eviction of its pool gets a live one', async () => {
  const host = new FakeHost({ maxPools: 1 })
  await touch(host, 'a')
  const [b, a] = [host.lease('b'), problemOf(host.lease('a'))]
  expect(await a).toMatchObject({ code: 'pool_cache_full' })
  await (await b).release()
  await using lease = await host.lease('a')
  expect(host.cache.find('a')?.state).toBe('open')
  expect(lease.connection).toBeDefined()
})

test('a pool that is leased in the moment of an eviction is not the one that goes', async () => {
  const host = new FakeHost({ maxPools: 2 })
  await touch(host, 'a', 'b')
  const [a, c] = await Promise.all([host.lease('a'), host.lease('c')])
  expect(host.story().filter((line) => line.startsWith('closed'))).toEqual(['closed b lru'])
  await a.release()
  await c.release()
})

test('pools unused for their idle time are closed, and then no timer is left', async () => {
  const host = new FakeHost()
  const idle = { maxIdleMs: 90_000 }
  await (await host.lease('a', idle)).release()
  await host.clock.advance(60_000)
  await (await host.lease('b', idle)).release()
  await host.clock.advance(60_000)
  expect(host.story()).toEqual(['opened a', 'opened b', 'closed a idle'])
  expect(host.clock.timers).toBe(1)
  await host.clock.advance(60_000)
  expect(host.story()).toEqual(['opened a', 'opened b', 'closed a idle', 'closed b idle'])
  expect(host.engine.pools.every(({ connections }) => connections.size === 0)).toBe(true)
  expect(host.clock.timers).toBe(0)
})

test('a pool in use is never idle, however long its lease takes', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', { maxIdleMs: 60_000 })
  await host.clock.advance(600_000)
  expect(host.cache.find('a')?.state).toBe('open')
  await held.release()
  // Idle time begins when it is given back.
  await host.clock.advance(59_000)
  expect(host.cache.size).toBe(1)
  await host.clock.advance(61_000)
  expect(host.cache.size).toBe(0)
})

test('a pool is used again after it was closed for being idle', async () => {
  const host = new FakeHost()
  await (await host.lease('a', { maxIdleMs: 1_000 })).release()
  await host.clock.advance(60_000)
  await using lease = await host.lease('a', { maxIdleMs: 1_000 })
  expect(lease.reused).toBe(false)
  expect(host.story()).toEqual(['opened a', 'closed a idle', 'opened a'])
  expect(host.clock.timers).toBe(1)
})
