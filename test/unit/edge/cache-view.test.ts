import { expect, test } from 'vitest'
import { cacheView, fleetCacheView } from '../../../src/edge/cache-view.ts'
import type { CacheStatistics, ClusterView, HostView } from '../../../src/ledger/report.ts'
import { NO_COUNTERS } from '../../../src/pools/counters.ts'

const some: CacheStatistics = { cache_hits: 2, cache_misses: 1, cache_bypasses: 5, entries: 3, bytes: 70 }

function hostOf(host: string, cache?: CacheStatistics, stale = false): HostView {
  return { host, pools: [], held: 0, reported_at: 0, stale, ...(cache && { cache }) }
}

test('a host that keeps answers from two clusters shows them together', () => {
  expect(cacheView([some, some])).toEqual({
    hits: 4,
    misses: 2,
    bypasses: 10,
    hit_rate: 0.667,
    entries: 6,
    bytes: 140,
  })
})

test('there is no rate before the first read, and an older host has kept nothing', () => {
  expect(cacheView([])).toEqual({ hits: 0, misses: 0, bypasses: 0, hit_rate: null, entries: 0, bytes: 0 })
})

test('the fleet shows what was ever counted, and what live hosts keep now', () => {
  const counters = { ...NO_COUNTERS, cache_hits: 30, cache_misses: 10 }
  const hosts = [hostOf('a', some), hostOf('silent', some, true), hostOf('older')]
  const view = { counters, hosts } as unknown as ClusterView
  expect(fleetCacheView([view, view])).toEqual({
    hits: 60,
    misses: 20,
    bypasses: 0,
    hit_rate: 0.75,
    entries: 6,
    bytes: 140,
  })
})
