import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SizingQuestion, sizePools } from '../../../src/tenants/sizing.ts'
import { strategyFor } from '../../../src/tenants/strategy.ts'

const ask = (concurrent_users: number, requests_per_user: number, available_connections: number) => ({
  concurrent_users,
  requests_per_user,
  available_connections,
})

/** Small numbers, where the edges lie, as well as large ones. */
const amount = (min: number) => fc.oneof(fc.integer({ min, max: 20 }), fc.integer({ min, max: 1_000_000 }))
const question = fc.record({
  concurrent_users: amount(1),
  requests_per_user: amount(1),
  available_connections: amount(1),
})

describe('a pool', () => {
  test.each([
    ['gets what its user asks for while there is enough', ask(1000, 5, 10_000), [5, 1000, 5000]],
    ['gets it when there is just enough', ask(1000, 5, 5000), [5, 1000, 5000]],
    ['gets an equal part when there is less', ask(1000, 5, 4999), [4, 1000, 4000]],
    ['gets one connection when there is one per user', ask(1000, 5, 1000), [1, 1000, 1000]],
    ['gets one connection when not every user can have one', ask(1000, 5, 999), [1, 999, 999]],
    ['gets the last connection', ask(1000, 5, 1), [1, 1, 1]],
    ['gets nothing where there is nothing', ask(1000, 5, 0), [0, 0, 0]],
    ['gets nothing when nobody asks', ask(0, 0, 100), [0, 0, 0]],
  ])('%s', (_, numbers, expected) => {
    const { pool_size, max_users, total_connections } = sizePools(numbers)
    expect([pool_size, max_users, total_connections]).toEqual(expected)
  })

  test('is never larger than asked for, and all of them never larger than what is available', () => {
    fc.assert(
      fc.property(question, (numbers) => {
        const { pool_size, max_users, total_connections } = sizePools(numbers)
        expect(pool_size).toBeGreaterThanOrEqual(1)
        expect(pool_size).toBeLessThanOrEqual(numbers.requests_per_user)
        expect(max_users).toBeLessThanOrEqual(numbers.concurrent_users)
        expect(total_connections).toBe(pool_size * max_users)
        expect(total_connections).toBeLessThanOrEqual(numbers.available_connections)
      }),
    )
  })

  test('could not be one connection larger', () => {
    fc.assert(
      fc.property(question, (numbers) => {
        const { concurrent_users, requests_per_user, available_connections } = numbers
        const { pool_size, max_users } = sizePools(numbers)
        const all = max_users === concurrent_users
        expect(all || max_users === available_connections).toBe(true)
        if (pool_size < requests_per_user) {
          expect((pool_size + 1) * concurrent_users).toBeGreaterThan(available_connections)
        }
      }),
    )
  })

  test('never shrinks, and serves no fewer users, when more is available', () => {
    fc.assert(
      fc.property(question, amount(0), (numbers, more) => {
        const before = sizePools(numbers)
        const after = sizePools({ ...numbers, available_connections: numbers.available_connections + more })
        for (const name of ['pool_size', 'max_users', 'total_connections'] as const) {
          expect(after[name]).toBeGreaterThanOrEqual(before[name])
        }
      }),
    )
  })
})

test.each([
  [0, 'shared'],
  [1, 'shared'],
  [49, 'shared'],
  [50, 'grouped'],
  [500, 'grouped'],
  [501, 'dedicated'],
  [1_000_000, 'dedicated'],
])('a fleet of %i is best placed %s', (tenants, strategy) => {
  expect(strategyFor(tenants)).toBe(strategy)
})

test('the strategy follows from the users alone', () => {
  fc.assert(
    fc.property(question, (numbers) => {
      expect(sizePools(numbers).strategy).toBe(strategyFor(numbers.concurrent_users))
    }),
  )
})

describe('the reason', () => {
  const reason = (numbers: SizingQuestion) => sizePools(numbers).reason

  test('says who gets how much, and why that placement', () => {
    expect(reason(ask(1000, 5, 10_000))).toBe(
      '10000 connections will give each of 1000 users all 5 that it asks for, and more than 500 users are best served by a host each.',
    )
    expect(reason(ask(100, 5, 300))).toBe(
      '300 connections will give each of 100 users 3 of the 5 that it asks for, and 50 to 500 users are best spread over groups.',
    )
    expect(reason(ask(1, 1, 1))).toBe(
      '1 connection will give the one user all 1 that it asks for, and fewer than 50 users fit on one shared host.',
    )
  })

  test('says when there are fewer connections than users', () => {
    expect(reason(ask(1000, 5, 300))).toMatch(
      /^With 300 connections for 1000 users only 300 can have one at a time, and /,
    )
    expect(reason(ask(1000, 5, 1000))).not.toContain('only')
  })

  test('says when nobody asks', () => {
    expect(reason(ask(0, 0, 0))).toMatch(/^No user is counted, so no connection is given out, and /)
  })
})
