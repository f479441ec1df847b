import { expect, test } from 'vitest'
import { settle } from '../support/clock.ts'
import { FakeHost, problemOf } from '../support/host.ts'

const one = { minSize: 1, maxSize: 1 }

test('who waits too long is told how things stand', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const waiting = host.lease('a', one, { timeoutMs: 500 })
  const behind = host.lease('a', one)
  const problem = problemOf(waiting)
  await host.clock.advance(499)
  expect(host.cache.statistics()[0]?.waiting).toBe(2)
  await host.clock.advance(1)
  expect(await problem).toMatchObject({
    code: 'pool_timeout',
    retryAfter: 1,
    detail:
      'No connection became free within 500 ms: 1 of 1 open connections in use, at most 1 allowed, 1 waiting.',
  })
  expect(host.cache.statistics()[0]).toMatchObject({ waiting: 1, lease_timeouts: 1 })
  await held.release()
  await (await behind).release()
})

test('a connection that arrives after its request gave up goes to the next in line', async () => {
  const host = new FakeHost()
  const held = await host.lease('a')
  host.engine.held = true
  const impatient = problemOf(host.lease('a', {}, { timeoutMs: 100 }))
  const patient = host.lease('a')
  await host.clock.advance(100)
  expect(await impatient).toMatchObject({ code: 'pool_timeout' })
  host.engine.openings[0]?.succeed()
  await using lease = await patient
  expect(lease.waitMs).toBe(100)
  expect(host.engine.openings).toHaveLength(0)
  await held.release()
})

test('a connection that arrives when nobody wants it any more is kept free', async () => {
  const host = new FakeHost()
  const held = await host.lease('a')
  host.engine.held = true
  const impatient = problemOf(host.lease('a', {}, { timeoutMs: 100 }))
  await host.clock.advance(100)
  await impatient
  host.engine.openings[0]?.succeed()
  await held.release()
  await settle()
  expect(host.cache.statistics()[0]).toMatchObject({ size: 2, free: 2, used: 0, waiting: 0, leases: 1 })
  expect(host.cache.find('a')?.isUnused()).toBe(true)
})

test('who gives up during the first opening leaves no trace', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const request = problemOf(host.lease('a', {}, { timeoutMs: 100 }))
  await host.clock.advance(100)
  expect(await request).toMatchObject({
    code: 'pool_timeout',
    detail: expect.stringContaining('0 of 0 open connections'),
  })
  host.engine.openings[0]?.succeed()
  await settle()
  expect(host.cache.find('a')?.isUnused()).toBe(true)
})

test('a full queue says no at once', async () => {
  const host = new FakeHost()
  const ask = () => host.lease('a', one, { maxWaiting: 2 })
  const held = await ask()
  const waiting = [ask(), ask()]
  await settle()
  const before = host.clock.now()
  expect(await problemOf(ask())).toMatchObject({ code: 'pool_queue_full', retryAfter: 1 })
  expect(host.clock.now()).toBe(before)
  expect(host.cache.statistics()[0]).toMatchObject({ waiting: 2, lease_timeouts: 0 })
  await held.release()
  for (const request of waiting) await (await request).release()
})

test('whoever asked first is served first', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const order: number[] = []
  const requests = [1, 2, 3, 4].map(async (id) => {
    await using _lease = await host.lease('a', one)
    order.push(id)
  })
  await settle()
  await held.release()
  await Promise.all(requests)
  expect(order).toEqual([1, 2, 3, 4])
})

test('a connection that comes back goes to who waits first, and not to who comes later', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const waiting = host.lease('a', one)
  const returned = held.release()
  const late = host.lease('a', one)
  await returned
  const lease = await waiting
  expect(lease.connection).toBe(held.connection)
  expect(host.cache.statistics()[0]?.waiting).toBe(1)
  await lease.release()
  await (await late).release()
})

test('who goes away leaves the queue', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const caller = new AbortController()
  const gone = problemOf(host.lease('a', one, { client: caller }))
  const next = host.lease('a', one)
  await settle()
  caller.abort()
  expect(await gone).toMatchObject({ code: 'client_closed_request' })
  expect(host.cache.statistics()[0]).toMatchObject({ waiting: 1, lease_timeouts: 0 })
  await held.release()
  await (await next).release()
})

test('who went away before asking is not let in', async () => {
  const host = new FakeHost()
  const held = await host.lease('a', one)
  const gone = host.lease('a', one, { client: { signal: AbortSignal.abort() } })
  expect(await problemOf(gone)).toMatchObject({ code: 'client_closed_request' })
  expect(host.cache.statistics()[0]?.waiting).toBe(0)
  await held.release()
})

test('nobody looks whether a client went away who is served at once', async () => {
  const host = new FakeHost()
  let looks = 0
  const client = {
    get signal() {
      looks++
      return AbortSignal.abort()
    },
  }
  await (await host.lease('a', one)).release()
  const lease = await host.lease('a', one, { client })
  expect(looks).toBe(0)
  expect(await problemOf(host.lease('a', one, { client }))).toMatchObject({ code: 'client_closed_request' })
  expect(looks).toBe(1)
  await lease.release()
})

test('going away later changes nothing for who was served', async () => {
  const host = new FakeHost()
  const caller = new AbortController()
  const lease = await host.lease('a', one, { client: caller })
  caller.abort()
  await host.clock.advance(60_000)
  expect(host.cache.statistics()[0]).toMatchObject({ used: 1, lease_timeouts: 0 })
  await lease.release()
  expect(host.cache.statistics()[0]).toMatchObject({ used: 0 })
})

test('one tenant whose pool is exhausted holds up no other', async () => {
  const host = new FakeHost()
  const held = await host.lease('noisy', one)
  const waiting = Array.from({ length: 50 }, () => problemOf(host.lease('noisy', one)))
  await using lease = await host.lease('quiet', one)
  expect(lease.waitMs).toBe(0)
  await host.clock.advance(30_000)
  expect((await Promise.all(waiting)).every(({ code }) => code === 'pool_timeout')).toBe(true)
  await held.release()
})
