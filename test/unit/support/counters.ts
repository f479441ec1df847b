import { expect } from 'vitest'
import type { ClusterPoolCounters } from '../../../src/pools/counters.ts'
import { BOUNDS_MS, type Buckets } from '../../../src/pools/histogram.ts'

/** Every number of the counters under a name of its own. */
export function numbersOf(counters: ClusterPoolCounters): Map<string, number> {
  const { create, wait, use, pools_closed, ...numbers } = counters
  return new Map([
    ...Object.entries(numbers),
    ...Object.entries(pools_closed).map(([reason, count]) => [`pools_closed.${reason}`, count] as const),
    ...bucketNumbers('create', create),
    ...bucketNumbers('wait', wait),
    ...bucketNumbers('use', use),
  ])
}

/** Fails when a number is smaller than before. */
export function checkGrowth(before: ClusterPoolCounters, now: ClusterPoolCounters): void {
  const numbers = numbersOf(now)
  const smaller = [...numbersOf(before)].filter(([name, count]) => !((numbers.get(name) ?? 0) >= count))
  expect(smaller, 'went backwards').toEqual([])
}

/** How many values went into the buckets. */
export function countOf({ counts }: Buckets): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function bucketNumbers(name: string, { counts, sum }: Buckets): (readonly [string, number])[] {
  const buckets = Array.from({ length: BOUNDS_MS.length + 1 }, (_, at) => counts[at] ?? 0)
  return [[`${name}.sum`, sum], ...buckets.map((count, at) => [`${name}.${at}`, count] as const)]
}
