import { expect, test } from 'vitest'
import { type Waiter, WaitQueue } from '../../../src/pools/wait-queue.ts'

const waiter = (tenant: string): Waiter => ({ tenant, since: 0 })

test('gives out in the order of arrival', () => {
  const queue = new WaitQueue(10)
  for (const tenant of ['a', 'b', 'c']) queue.add(waiter(tenant))
  expect([queue.take()?.tenant, queue.take()?.tenant, queue.take()?.tenant, queue.take()]).toEqual([
    'a',
    'b',
    'c',
    undefined,
  ])
})

test('who leaves is not given out, and the order of the others stays', () => {
  const queue = new WaitQueue(10)
  const [a, b, c] = [waiter('a'), waiter('b'), waiter('c')]
  for (const each of [a, b, c]) queue.add(each)
  expect(queue.remove(b)).toBe(true)
  expect(queue.remove(b)).toBe(false)
  expect([queue.take(), queue.take(), queue.take()]).toEqual([a, c, undefined])
})

test('says no, with the number and when to come back, once as many wait as may', () => {
  const queue = new WaitQueue(2)
  queue.add(waiter('a'))
  expect(() => queue.checkRoom()).not.toThrow()
  queue.add(waiter('b'))
  expect(() => queue.checkRoom()).toThrow(
    expect.objectContaining({
      code: 'pool_queue_full',
      detail: '2 requests already wait for this pool.',
      retryAfter: 1,
    }),
  )
  queue.take()
  expect(() => queue.checkRoom()).not.toThrow()
})

test('clear hands over everybody, in order, and leaves nobody', () => {
  const queue = new WaitQueue(10)
  for (const tenant of ['a', 'b']) queue.add(waiter(tenant))
  expect(queue.clear().map(({ tenant }) => tenant)).toEqual(['a', 'b'])
  expect(queue.size).toBe(0)
})
