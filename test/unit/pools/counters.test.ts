import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addCounters,
  type ClusterCounters,
  largestCounters,
  NO_COUNTERS,
} from '../../../src/pools/counters.ts'
import { checkGrowth, numbersOf } from '../support/counters.ts'

const some = {
  ...NO_COUNTERS,
  leases: 1,
  slow_queries: 2,
  wait: { counts: [1], sum: 0 },
  pools_closed: { ...NO_COUNTERS.pools_closed, lru: 3 },
}

/** Every counter there is, each at one. */
const ones = {
  connections_created: 1,
  connections_closed: 1,
  connection_errors: 1,
  leases: 1,
  reuses: 1,
  lease_timeouts: 1,
  slow_queries: 1,
  create: { counts: [0, 1], sum: 1 },
  wait: { counts: [0, 1], sum: 1 },
  use: { counts: [0, 1], sum: 1 },
  pools_opened: 1,
  pools_closed: { idle: 1, lru: 1, recycled: 1, drained: 1, recalled: 0, error: 1 },
  cache_hits: 1,
  cache_misses: 1,
  cache_bypasses: 1,
}

test('counters add up name by name', () => {
  expect(addCounters(some, ones)).toEqual({
    ...ones,
    leases: 2,
    slow_queries: 3,
    wait: { counts: [1, 1], sum: 1 },
    pools_closed: { ...ones.pools_closed, lru: 4 },
  })
})

test('a version that counts less has counted nothing of the rest', () => {
  const older = { leases: 4, pools_closed: { idle: 2 } }
  const sum = addCounters(older, NO_COUNTERS)
  expect(sum).toEqual({
    ...NO_COUNTERS,
    leases: 4,
    pools_closed: { ...NO_COUNTERS.pools_closed, idle: 2 },
  })
  expect(addCounters(NO_COUNTERS, older)).toEqual(sum)
})

test('a sum that went wrong in an older version, stored as null, begins again at zero', () => {
  const stored: typeof ones = JSON.parse(JSON.stringify({ ...ones, leases: Number.NaN }))
  expect(addCounters(stored, ones)).toMatchObject({ leases: 1, reuses: 2 })
})

test('every counter is a number', () => {
  for (const number of numbersOf(addCounters(some, ones)).values()) expect(number).toBeGreaterThanOrEqual(0)
})

const count = fc.nat({ max: 100 })
const buckets = fc.record({ counts: fc.array(count, { maxLength: 33 }), sum: count })
const counters: fc.Arbitrary<ClusterCounters> = fc.record({
  connections_created: count,
  connections_closed: count,
  connection_errors: count,
  leases: count,
  reuses: count,
  lease_timeouts: count,
  slow_queries: count,
  create: buckets,
  wait: buckets,
  use: buckets,
  pools_opened: count,
  pools_closed: fc.record({
    idle: count,
    lru: count,
    recycled: count,
    drained: count,
    recalled: count,
    error: count,
  }),
  cache_hits: count,
  cache_misses: count,
  cache_bypasses: count,
})

test('of two counters the larger one is never less than either, number by number, and is one of them', () => {
  fc.assert(
    fc.property(counters, counters, (a, b) => {
      const largest = largestCounters(a, b)
      checkGrowth(a, largest)
      checkGrowth(b, largest)
      const [ofA, ofB] = [numbersOf(a), numbersOf(b)]
      for (const [name, value] of numbersOf(largest)) expect([ofA.get(name), ofB.get(name)]).toContain(value)
    }),
  )
})

test('whatever is shown, lost in a reset and reported anew, what is shown never goes backwards', () => {
  fc.assert(
    fc.property(fc.array(counters, { maxLength: 10 }), (known) => {
      let shown: ClusterCounters = NO_COUNTERS
      for (const now of known) {
        const next = largestCounters(now, shown)
        checkGrowth(shown, next)
        shown = next
      }
    }),
  )
})
