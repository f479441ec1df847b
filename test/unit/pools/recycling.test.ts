import { expect, test } from 'vitest'
import { Problem } from '../../../src/problem.ts'
import { settle } from '../support/clock.ts'
import { fakeOf } from '../support/engine.ts'
import { FakeHost, problemOf } from '../support/host.ts'

const one = { minSize: 1, maxSize: 1 }

test('a recycled pool serves until its successor is open, and then drains', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const waiting = host.lease('a', one)
  host.engine.held = true
  const recycled = host.cache.recycle('a')
  await settle()
  expect(host.cache.statistics().map(({ state }) => state)).toEqual(['open', 'opening'])
  const late = host.lease('a', one)
  await settle()
  host.engine.held = false
  host.engine.openings[0]?.succeed()
  await settle()
  expect(host.cache.statistics().map(({ state }) => state)).toEqual(['draining', 'open'])

  const next = await host.lease('a', one)
  expect(fakeOf(next).pool).not.toBe(fakeOf(held).pool)
  // Who waited for the old pool is served by it.
  await held.release()
  for (const one of [waiting, late]) {
    const lease = await one
    expect(fakeOf(lease).pool).toBe(fakeOf(held).pool)
    await lease.release()
  }
  expect(await recycled).toBe(true)
  expect(host.story()).toEqual(['opened a', 'opened a', 'closed a recycled'])
  expect(host.cache.find('a')?.state).toBe('open')
  await next.release()
})

test('a pool whose successor cannot be opened stays', async () => {
  const host = new FakeHost()
  await (await host.lease('a')).release()
  host.engine.failure = new Problem('database_refused')
  expect(await problemOf(host.cache.recycle('a'))).toMatchObject({ code: 'database_refused' })
  expect(host.story()).toEqual(['opened a', 'error a database_refused'])
  await (await host.lease('a')).release()
  expect(host.engine.pools[0]?.closed).toBeUndefined()
  expect(host.cache.size).toBe(1)
  // What failed is not kept.
  host.engine.failure = undefined
  expect(await host.cache.recycle('a')).toBe(true)
})

test('recycling the same pool twice at once replaces it once', async () => {
  const host = new FakeHost()
  await (await host.lease('a')).release()
  expect(await Promise.all([host.cache.recycle('a'), host.cache.recycle('a')])).toEqual([true, true])
  expect(host.engine.attempts).toBe(2)
  expect(await host.cache.recycle('a')).toBe(true)
  expect(host.engine.attempts).toBe(3)
})

test('where there is no pool there is nothing to recycle, and none is opened', async () => {
  const host = new FakeHost()
  expect(await host.cache.recycle('a')).toBe(false)
  expect(host.engine.attempts).toBe(0)
})

test('a pool that is closed while it is being recycled is not found open again', async () => {
  const host = new FakeHost()
  await (await host.lease('a')).release()
  host.engine.held = true
  const recycled = host.cache.recycle('a')
  await settle()
  await host.cache.close('a')
  host.engine.openings[0]?.succeed()
  expect(await recycled).toBe(true)
  expect(host.cache.find('a')).toBeUndefined()
  expect(host.cache.isEmpty()).toBe(true)
  expect(host.engine.pools.every((pool) => pool.connections.size === 0)).toBe(true)
  expect(host.clock.timers).toBe(0)
})

test('a full cache evicts nobody for a recycled pool', async () => {
  const host = new FakeHost({ maxPools: 2 })
  for (const key of ['a', 'b']) await (await host.lease(key)).release()
  await host.cache.recycle('a')
  expect(host.cache.find('b')?.state).toBe('open')
  expect(host.cache.size).toBe(2)
})

test('a statement that began at the last moment has its time before a recycled pool is closed by force', async () => {
  const host = new FakeHost({ drainMs: 3_000 })
  const held = await host.lease('a', { commandTimeoutMs: 5_000 })
  const recycled = host.cache.recycle('a')
  await host.clock.advance(7_999)
  expect(host.engine.pools[0]?.closed).toBeUndefined()
  await host.clock.advance(1)
  expect(host.engine.pools[0]?.closed).toBe('by force')
  await held.release()
  expect(await recycled).toBe(true)
})
