import type { CacheStatistics, ClusterView, ReportedPool } from '../ledger/report.ts'
import { type Cluster, clusterName, isReplica } from '../pools/cluster.ts'
import { percentiles } from '../pools/histogram.ts'
import { cacheView } from './cache-view.ts'

const SUMMED = ['size', 'free', 'used', 'waiting', 'min_size', 'max_size'] as const

export type PoolSums = Record<(typeof SUMMED)[number], number>

/** Sums over the pools of every live host; a host that has gone silent is shown but no longer counted. */
export function poolSums(view: ClusterView): PoolSums {
  const sums: PoolSums = { size: 0, free: 0, used: 0, waiting: 0, min_size: 0, max_size: 0 }
  for (const host of view.hosts) {
    if (host.stale) continue
    for (const pool of host.pools) for (const name of SUMMED) sums[name] += pool[name]
  }
  return sums
}

/** How many hosts have banned a replica; nothing for what is none. */
export function bans({ cluster, hosts }: ClusterView): { readonly banned_by?: number } {
  if (!isReplica(cluster)) return {}
  return { banned_by: hosts.filter((host) => host.banned && !host.stale).length }
}

interface HostRow {
  readonly host: string
  stale: boolean
  readonly reported_at: string
  readonly caches: CacheStatistics[]
  readonly pools: PoolRow[]
}

/** One row per host: a host with pools on two clusters reports to both Ledgers. */
export function hostRows(clusters: readonly ClusterView[]) {
  const rows = new Map<string, HostRow>()
  for (const { cluster, hosts } of clusters) {
    for (const { host, pools, reported_at, stale, cache } of hosts) {
      const row = rows.get(host) ?? {
        host,
        stale,
        reported_at: new Date(reported_at).toISOString(),
        caches: [],
        pools: [],
      }
      if (cache) row.caches.push(cache)
      row.stale ||= stale
      row.pools.push(...pools.map((pool) => poolRow(cluster, pool)))
      rows.set(host, row)
    }
  }
  return [...rows.values()]
    .sort((a, b) => a.host.localeCompare(b.host))
    .map(({ caches, ...row }) => ({ ...row, cache: cacheView(caches) }))
}

type PoolRow = ReturnType<typeof poolRow>

function poolRow(cluster: Cluster, pool: ReportedPool) {
  const { tenant, state, size, free, used, waiting, min_size, max_size, wanted_size, wait, use } = pool
  return {
    cluster: clusterName(cluster),
    tenant,
    state,
    size,
    free,
    used,
    waiting,
    min_size,
    max_size,
    wanted_size,
    wait_ms: percentiles(wait),
    use_ms: percentiles(use),
  }
}
