import { expect, test } from 'vitest'
import type { Lease } from '../../../src/pools/lease.ts'
import { settle } from '../support/clock.ts'
import { operate } from '../support/history.ts'
import { FakeHost } from '../support/host.ts'
import { FakeMongo } from '../support/mongo-engine.ts'

const mongo = (options = {}) => new FakeHost(options, new FakeMongo())

test('a lease is granted at once where the driver opens its connection at first use', async () => {
  const host = mongo()
  const size = { maxSize: 3 }
  const leases = await Promise.all([host.lease('a', size), host.lease('a', size), host.lease('a', size)])
  expect(leases.map(({ waitMs }) => waitMs)).toEqual([0, 0, 0])
  expect(host.cache.statistics()[0]).toMatchObject({ size: 1, leases: 3 })
  await Promise.all(leases.map(operate))
  expect(host.cache.statistics()[0]).toMatchObject({ size: 3, used: 3, connections_created: 3 })
  for (const lease of leases) await lease.release()
})

test('leases that may have a connection opened hold places in the gate, and no more than four do', async () => {
  const host = mongo()
  const size = { maxSize: 10 }
  const first = await host.lease('a', size)
  const leases: Lease[] = []
  for (let count = 0; count < 6; count++) void host.lease('a', size).then((lease) => leases.push(lease))
  await settle()
  expect(leases).toHaveLength(4)
  // An opened connection and a lease given back unused both make way for the next.
  await operate(first)
  await operate(leases[0])
  await settle()
  expect(leases).toHaveLength(5)
  await leases[4]?.release()
  await settle()
  expect(leases).toHaveLength(6)
})

test('a lease given back without ever opening a connection frees its place', async () => {
  const host = mongo()
  const first = await host.lease('a', { maxSize: 6 })
  const held = await Promise.all(Array.from({ length: 4 }, () => host.lease('a', { maxSize: 6 })))
  let other = false
  const waiting = host.lease('b').then((lease) => {
    other = true
    return lease
  })
  await settle()
  expect(other).toBe(false)
  await held[0]?.release()
  await (await waiting).release()
  for (const lease of [first, ...held]) await lease.release()
})

test('a pool is replaced before its connections get too old, and its leases end in peace', async () => {
  const host = mongo({ lifetimeMs: 120_000 })
  const held = await host.lease('a')
  await host.clock.advance(60_000)
  expect(host.cache.find('a')?.state).toBe('open')
  await host.clock.advance(60_000)
  const next = await host.lease('a')
  expect(host.engine.attempts).toBe(2)
  expect(host.story()).toEqual(['opened a', 'opened a'])
  await held.release()
  await settle()
  expect(host.story()).toEqual(['opened a', 'opened a', 'closed a recycled'])
  await next.release()
})

test('a driver whose connections died is asked once, and the lease goes on with new ones', async () => {
  const host = mongo()
  const first = await host.lease('a')
  await operate(first)
  await first.release()
  for (const connection of host.engine.pools[0]?.connections ?? []) connection.dead = true
  await host.clock.advance(30_001)
  await using lease = await host.lease('a')
  await operate(lease)
  expect(host.cache.statistics()[0]).toMatchObject({ size: 1, connections_created: 2, connections_closed: 1 })
})

test('a lease whose connection went away still counts: nobody is let in beside it', async () => {
  const host = mongo()
  const held = await host.lease('a', { maxSize: 1 })
  const pool = host.engine.pools[0]
  for (const connection of pool?.connections ?? []) pool?.drop(connection)
  const waiting = host.lease('a', { maxSize: 1 })
  await settle()
  expect(host.cache.statistics()[0]).toMatchObject({ size: 0, waiting: 1 })
  await held.release()
  await (await waiting).release()
})
