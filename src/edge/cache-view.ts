import type { CacheStatistics, ClusterView } from '../ledger/report.ts'
import { addCounters, NO_COUNTERS } from '../pools/counters.ts'

const NOTHING: CacheStatistics = { cache_hits: 0, cache_misses: 0, cache_bypasses: 0, entries: 0, bytes: 0 }

/** What query caches hold and how requests met them: of one host in its present life, on however many clusters. */
export function cacheView(caches: readonly CacheStatistics[]) {
  return shown(caches.reduce(add, NOTHING))
}

/** The same of the fleet: what it counted from the first deployment on, and what live hosts hold now. */
export function fleetCacheView(clusters: readonly ClusterView[]) {
  const live = clusters.flatMap(({ hosts }) => hosts).filter(({ stale }) => !stale)
  const { entries, bytes } = live.flatMap(({ cache }) => cache ?? []).reduce(add, NOTHING)
  const counters = clusters.map((view) => view.counters).reduce(addCounters, NO_COUNTERS)
  return shown({ ...counters, entries, bytes })
}

function add(a: CacheStatistics, b: CacheStatistics): CacheStatistics {
  return { ...addCounters(a, b), entries: a.entries + b.entries, bytes: a.bytes + b.bytes }
}

function shown({ cache_hits, cache_misses, cache_bypasses, entries, bytes }: CacheStatistics) {
  const reads = cache_hits + cache_misses
  return {
    hits: cache_hits,
    misses: cache_misses,
    bypasses: cache_bypasses,
    hit_rate: reads === 0 ? null : Math.round((cache_hits / reads) * 1000) / 1000,
    entries,
    bytes,
  }
}
