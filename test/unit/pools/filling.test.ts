import { expect, test } from 'vitest'
import { settle } from '../support/clock.ts'
import { FakeHost } from '../support/host.ts'

test('a pool is filled up to its minimum beside the first request', async () => {
  const host = new FakeHost()
  await using _lease = await host.lease('a', { minSize: 3, maxSize: 5 })
  await settle()
  expect(host.cache.statistics()[0]).toMatchObject({ size: 3, used: 1, free: 2, connections_created: 3 })
})

test('a request never takes a connection that is being made in the background for a free one', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const size = { minSize: 2, maxSize: 3 }
  const first = host.lease('a', size)
  await settle()
  host.engine.openings[0]?.succeed()
  await first
  await settle()
  expect(host.engine.openings).toHaveLength(1)
  const others = ['b', 'c', 'd'].map((key) => host.lease(key))
  const second = host.lease('a', size)
  await settle()
  // One filling and three other tenants: the bound of the host leaves no fifth place.
  expect(host.engine.openings).toHaveLength(4)
  host.engine.held = false
  for (const opening of [...host.engine.openings]) opening.succeed()
  await Promise.all([second, ...others])
  expect(host.engine.peak).toBe(4)
})

test('who waits takes the connection that was made in the background', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const size = { minSize: 2, maxSize: 2 }
  const first = host.lease('a', size)
  await settle()
  host.engine.openings[0]?.succeed()
  await first
  const second = host.lease('a', size)
  await settle()
  expect(host.engine.openings).toHaveLength(1)
  host.engine.openings[0]?.succeed()
  await using lease = await second
  expect(lease.connection).toBeDefined()
  expect(host.engine.misuses).toEqual([])
})

test('filling stops when the database stops answering, and goes on once it is back', async () => {
  const host = new FakeHost()
  host.engine.held = true
  const size = { minSize: 5, maxSize: 5 }
  const first = host.lease('a', size)
  await settle()
  host.engine.openings[0]?.succeed()
  const lease = await first
  for (let failure = 0; failure < 5; failure++) {
    await settle()
    host.engine.openings[0]?.fail()
  }
  await settle()
  for (const opening of [...host.engine.openings]) opening.fail()
  await settle()
  expect(host.engine.openings).toHaveLength(0)
  await host.clock.advance(30_000)
  host.engine.held = false
  await lease.release()
  await settle()
  expect(host.cache.statistics()[0]).toMatchObject({ size: 5, used: 0, waiting: 0 })
})

test('a connection that went bad is replaced once it is given back', async () => {
  const host = new FakeHost()
  const size = { minSize: 2, maxSize: 2 }
  const lease = await host.lease('a', size)
  await settle()
  ;(lease.connection as unknown as { broken: boolean }).broken = true
  await lease.release()
  await settle()
  expect(host.cache.statistics()[0]).toMatchObject({
    size: 2,
    free: 2,
    connections_created: 3,
    connections_closed: 1,
  })
})
