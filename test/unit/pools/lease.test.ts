import { expect, test } from 'vitest'
import type { PooledConnection } from '../../../src/engines/engine.ts'
import { Lease } from '../../../src/pools/lease.ts'
import { FakeHost } from '../support/host.ts'

function leaseOf(lastUsedAt?: number) {
  const connection = {} as PooledConnection
  const returned: unknown[] = []
  const checkout = {
    connection,
    lastUsedAt,
    aliveAt: 0,
    ping: async () => {},
    release: async () => {},
  }
  const lease = new Lease(checkout, 12, async (given) => {
    returned.push(given)
  })
  return { lease, checkout, returned }
}

test('gives back what it was made from', async () => {
  const { lease, checkout, returned } = leaseOf()
  await lease.release()
  expect(returned).toEqual([checkout])
  expect(lease.waitMs).toBe(12)
})

test('giving back twice gives back once', async () => {
  const { lease, returned } = leaseOf()
  await Promise.all([lease.release(), lease.release()])
  await lease.release()
  expect(returned).toHaveLength(1)
})

test('await using gives back at the end of the block', async () => {
  const { lease, returned } = leaseOf()
  {
    await using held = lease
    expect(held.connection).toBeDefined()
    expect(returned).toHaveLength(0)
  }
  expect(returned).toHaveLength(1)
})

test('await using gives back when the block throws', async () => {
  const { lease, returned } = leaseOf()
  const block = async () => {
    await using _held = lease
    throw new RangeError('the handler failed')
  }
  await expect(block()).rejects.toThrow(RangeError)
  expect(returned).toHaveLength(1)
})

test('knows whether its connection had served before', () => {
  expect(leaseOf().lease.reused).toBe(false)
  expect(leaseOf(0).lease.reused).toBe(true)
})

test('a lease that is given back twice frees one connection, not two', async () => {
  const host = new FakeHost()
  const [first, second] = [await host.lease('a', { maxSize: 2 }), await host.lease('a', { maxSize: 2 })]
  await Promise.all([first.release(), first.release()])
  expect(host.cache.statistics()[0]).toMatchObject({ used: 1, free: 1 })
  const third = await host.lease('a', { maxSize: 2 })
  expect(third.connection).not.toBe(second.connection)
  expect(host.cache.statistics()[0]).toMatchObject({ used: 2, free: 0 })
})
