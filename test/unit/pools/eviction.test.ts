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
  // The sweep's, and the one of all time-outs.
  expect(host.clock.timers).toBe(2)
})

test('pools are closed when their idle time is over, not at some later round', async () => {
  const host = new FakeHost()
  const idle = { maxIdleMs: 7_000 }
  await (await host.lease('a', idle)).release()
  await host.clock.advance(5_000)
  await (await host.lease('b', idle)).release()
  await host.clock.advance(1_999)
  expect(host.cache.size).toBe(2)
  await host.clock.advance(1)
  expect(host.story().at(-1)).toBe('closed a idle')
  await host.clock.advance(4_999)
  expect(host.cache.size).toBe(1)
  await host.clock.advance(1)
  expect(host.story().at(-1)).toBe('closed b idle')
  expect(host.clock.timers).toBe(0)
})

test('ten thousand tenants pass through a cache of a hundred pools, the least recently used going first', async () => {
  const host = new FakeHost({ maxPools: 100 })
  const expected: string[] = []
  const open: string[] = []
  const use = async (key: string) => {
    const at = open.indexOf(key)
    if (at >= 0) open.splice(at, 1)
    else if (open.length === 100) expected.push(`closed ${open.shift()} lru`)
    open.push(key)
    await touch(host, key)
  }
  for (let n = 0; n < 10_000; n++) {
    await use(`t${n}`)
    // Some come again, the oldest of them too.
    if (n % 3 === 0) await use(open[n % open.length] ?? '')
  }
  expect(host.story().filter((line) => line.startsWith('closed'))).toEqual(expected)
  expect(expected).toHaveLength(9_900)
  expect(host.cache.statistics()).toHaveLength(100)
  expect(host.engine.pools.reduce((sum, { connections }) => sum + connections.size, 0)).toBe(100)
})

test('ten thousand tenants share one pool and its connections, and leave neither pool nor timer of their own', async () => {
  const host = new FakeHost({ maxPools: 1 })
  const shared = { tenant: null, maxSize: 50 }
  for (let first = 0; first < 10_000; first += 100) {
    const tenants = Array.from({ length: 100 }, (_, n) => `t${first + n}`)
    await Promise.all(
      tenants.map(async (tenant) => {
        const lease = await host.lease('group', shared, { tenant, share: 3 })
        await settle()
        await lease.release()
      }),
    )
  }
  expect(host.story()).toEqual(['opened group'])
  expect(host.cache.statistics()).toMatchObject([{ leases: 10_000, used: 0, waiting: 0 }])
  expect(host.engine.pools[0]?.connections.size).toBeLessThanOrEqual(50)
  // The sweep's, and the one of all time-outs.
  expect(host.clock.timers).toBe(2)
})
