import { type Buckets, mergeBuckets, NO_BUCKETS } from './histogram.ts'
import type { CloseReason } from './statistics.ts'

/** How often what happened in a pool. */
export interface PoolCounts {
  readonly connections_created: number
  readonly connections_closed: number
  readonly connection_errors: number
  readonly leases: number
  /** Leases that ran on a connection which had served somebody before. */
  readonly reuses: number
  readonly lease_timeouts: number
  readonly slow_queries: number
}

/** What a pool has done in its life. Only ever grows, so that sums over pools never go backwards. */
export interface PoolCounters extends PoolCounts {
  /** From beginning to open a connection to having it open; those that failed are not in it. */
  readonly create: Buckets
  /** From asking for a lease to having it; whoever got none is not in it. */
  readonly wait: Buckets
  /** From having a lease to its connection being back; leases that are out are not in it yet. */
  readonly use: Buckets
}

/** How requests met the query cache. */
export interface CacheCounts {
  readonly cache_hits: number
  /** Those too that got what another request was just loading. */
  readonly cache_misses: number
  /** Requests that asked for it, and those for which nothing may be kept. */
  readonly cache_bypasses: number
}

/** What all the pools of a cluster have done, those that are gone too. */
export interface ClusterPoolCounters extends PoolCounters {
  /** Pools that were begun, those too that could not be opened: less the closed ones, those that there are. */
  readonly pools_opened: number
  readonly pools_closed: Readonly<Record<CloseReason, number>>
}

/** What was done on a cluster, by its pools and beside them. */
export interface ClusterCounters extends ClusterPoolCounters, CacheCounts {}

/** Counters from elsewhere: an older version counts less than this one. */
export type ReportedCounters = Partial<Omit<ClusterCounters, 'pools_closed'>> & {
  readonly pools_closed?: Partial<ClusterCounters['pools_closed']>
}

export const NO_COUNTS: PoolCounts = Object.freeze({
  connections_created: 0,
  connections_closed: 0,
  connection_errors: 0,
  leases: 0,
  reuses: 0,
  lease_timeouts: 0,
  slow_queries: 0,
})

export const NO_CACHE_COUNTS: CacheCounts = Object.freeze({
  cache_hits: 0,
  cache_misses: 0,
  cache_bypasses: 0,
})

export const NO_CLOSINGS: ClusterCounters['pools_closed'] = Object.freeze({
  idle: 0,
  lru: 0,
  recycled: 0,
  drained: 0,
  recalled: 0,
  error: 0,
})

export const NO_POOL_COUNTERS: ClusterPoolCounters = Object.freeze({
  ...NO_COUNTS,
  create: NO_BUCKETS,
  wait: NO_BUCKETS,
  use: NO_BUCKETS,
  pools_opened: 0,
  pools_closed: NO_CLOSINGS,
})

export const NO_COUNTERS: ClusterCounters = Object.freeze({ ...NO_POOL_COUNTERS, ...NO_CACHE_COUNTS })

/** The counters of `a` and `b` together; a missing one counts as zero. */
export function addCounters(a: ReportedCounters, b: ReportedCounters): ClusterCounters {
  return mergeCounters(a, b, (one, other) => one + other)
}

/** Counters of which none is less than in `a`, and none less than in `b`. */
export function largestCounters(a: ReportedCounters, b: ReportedCounters): ClusterCounters {
  return mergeCounters(a, b, Math.max)
}

type Merge = (one: number, other: number) => number

function mergeCounters(a: ReportedCounters, b: ReportedCounters, merge: Merge): ClusterCounters {
  return {
    ...mergeNumbers(merge, NO_COUNTS, a, b),
    create: mergeBuckets(a.create, b.create, merge),
    wait: mergeBuckets(a.wait, b.wait, merge),
    use: mergeBuckets(a.use, b.use, merge),
    pools_opened: merge(a.pools_opened ?? 0, b.pools_opened ?? 0),
    pools_closed: mergeNumbers(merge, NO_CLOSINGS, a.pools_closed, b.pools_closed),
    ...mergeNumbers(merge, NO_CACHE_COUNTS, a, b),
  }
}

/** Merges the numbers that `zero` names. */
function mergeNumbers<T extends object>(
  merge: Merge,
  zero: T & Readonly<Record<keyof T, number>>,
  a: Partial<Record<keyof T, number>> = {},
  b: Partial<Record<keyof T, number>> = {},
): Record<keyof T, number> {
  const merged: Record<keyof T, number> = { ...zero }
  for (const name in zero) merged[name] = merge(a[name] ?? 0, b[name] ?? 0)
  return merged
}
