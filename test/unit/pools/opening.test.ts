import { expect, test } from 'vitest'
import { Problem } from '../../../src/problem.ts'
import { settle } from '../support/clock.ts'
import { FakeHost, problemOf } from '../support/host.ts'

test('two hundred first requests of a tenant share one pool and its connections', async () => {
  const host = new FakeHost()
  let served = 0
  const requests = Array.from({ length: 200 }, async () => {
    await using _lease = await host.lease('a', { maxSize: 5 })
    served++
    await settle()
  })
  await Promise.all(requests)
  expect(served).toBe(200)
  expect(host.engine.attempts).toBe(1)
  expect(host.engine.pools[0]?.connections.size).toBeLessThanOrEqual(5)
  expect(host.engine.misuses).toEqual([])
  expect(host.story()).toEqual(['opened a'])
})

test('a failed opening is told to everybody who waited, once', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const problems = Array.from({ length: 20 }, () => problemOf(host.lease('a')))
  await settle()
  host.engine.openings[0]?.fail(new Problem('database_refused'))
  expect((await Promise.all(problems)).map(({ code }) => code)).toEqual(Array(20).fill('database_refused'))
  expect(host.engine.attempts).toBe(1)
  expect(host.story()).toEqual(['error a database_refused'])
})

test('a failed opening is not kept: the next request tries again', async () => {
  const host = new FakeHost()
  host.engine.failure = new Problem('database_unavailable')
  expect(await problemOf(host.lease('a'))).toMatchObject({ code: 'database_unavailable' })
  expect(host.cache.size).toBe(0)
  host.engine.failure = undefined
  await using lease = await host.lease('a')
  expect(lease.connection).toBeDefined()
  expect(host.story()).toEqual(['error a database_unavailable', 'opened a'])
})

test('whoever asks while a failed opening is being told gets a pool of its own', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const first = host.lease('a')
  const second = first.catch(() => host.lease('a'))
  await settle()
  host.engine.openings[0]?.fail()
  await settle()
  host.engine.openings[0]?.succeed()
  await using lease = await second
  expect(lease.waitMs).toBe(0)
  expect(host.cache.find('a')?.state).toBe('open')
  expect(host.cache.size).toBe(1)
})

test('an engine that cannot be loaded is a failed opening like any other', async () => {
  const host = new FakeHost({
    engine: async () => {
      throw new TypeError('mysecret')
    },
  })
  const problem = await problemOf(host.lease('a'))
  expect(problem.code).toBe('internal_error')
  expect(problem.message).not.toContain('mysecret')
  expect(host.cache.isEmpty()).toBe(true)
  expect(host.clock.timers).toBe(0)
})

test('followers are served although the first request went away during the opening', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const leader = new AbortController()
  const first = problemOf(host.lease('a', {}, { client: leader }))
  const second = host.lease('a')
  await settle()
  leader.abort()
  expect(await first).toMatchObject({ code: 'client_closed_request' })
  host.engine.openings[0]?.succeed()
  await using lease = await second
  expect(lease.connection).toBeDefined()
  expect(host.engine.attempts).toBe(1)
})

test('the time an opening takes counts as waiting', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const request = host.lease('a')
  await host.clock.advance(120)
  host.engine.openings[0]?.succeed()
  await using lease = await request
  expect(lease.waitMs).toBe(120)
})

test('no more than four connections are ever opened at a time, over all the pools of a host', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const requests = Array.from({ length: 9 }, (_, index) =>
    host.lease(`t${index}`, { maxSize: 3, minSize: 3 }),
  )
  while (host.engine.openings.length > 0 || host.cache.statistics().some(({ size }) => size < 3)) {
    await settle()
    expect(host.engine.openings.length).toBeLessThanOrEqual(4)
    host.engine.openings.at(-1)?.succeed()
    await settle()
  }
  expect(await Promise.all(requests)).toHaveLength(9)
  expect(host.engine.peak).toBe(4)
})

test('openings that end in another order than they began keep to the bound all the same', async () => {
  const host = new FakeHost()
  await (await host.lease('a', { maxSize: 8 })).release()
  host.engine.held = true
  const held = await host.lease('a', { maxSize: 8 })
  const requests = Array.from({ length: 7 }, () => host.lease('a', { maxSize: 8 }))
  const outcomes = Promise.allSettled(requests)
  await settle()
  host.engine.openings[1]?.succeed()
  host.engine.openings[0]?.fail()
  await settle()
  expect(host.engine.openings).toHaveLength(4)
  for (const opening of [...host.engine.openings]) opening.succeed()
  await settle()
  // The one that failed is tried once more, for the request that it was for.
  expect(host.engine.openings).toHaveLength(2)
  for (const opening of [...host.engine.openings]) opening.succeed()
  expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
  expect(host.engine.peak).toBe(4)
  await held.release()
})

test('an opening that failed leaves its place to the next pool, whoever opened beside it', async () => {
  const host = new FakeHost()
  await (await host.lease('a', { maxSize: 5 })).release()
  host.engine.held = true
  const requests = Array.from({ length: 5 }, () => host.lease('a', { maxSize: 5 }))
  const outcomes = Promise.allSettled(requests)
  await settle()
  expect(host.engine.openings).toHaveLength(4)
  host.engine.openings[3]?.succeed()
  for (const opening of host.engine.openings.slice(0, 3)) opening.fail()
  await settle()
  const others = Array.from({ length: 4 }, (_, index) => host.lease(`b${index}`))
  await settle()
  expect(host.engine.openings).toHaveLength(4)
  while (host.engine.openings.length > 0) {
    for (const opening of [...host.engine.openings]) opening.succeed()
    await settle()
  }
  expect(await Promise.all(others)).toHaveLength(4)
  // What failed was tried again for the requests that it was for.
  expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
  expect(host.engine.peak).toBe(4)
})
