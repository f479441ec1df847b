import { Hono } from 'hono'
import type { ClusterView } from '../ledger/report.ts'
import type { Cluster } from '../pools/statistics.ts'
import { adminOnly } from './admin-only.ts'
import type { EdgeEnv } from './bindings.ts'
import { readFleet } from './fleet.ts'

/** Numbers about the whole fleet, for those who run it. */
export const metrics = new Hono<EdgeEnv>()

metrics.use(adminOnly)

metrics.get('/db-pool', async (c) => {
  const clusters = await readFleet(c.env, c.var.config)
  return c.json({
    ...Object.fromEntries(clusters.map((view) => [NAMES[view.cluster], poolSums(view)])),
    hosts: hostRows(clusters),
  })
})

/** What the clusters are called where people look at them. */
export const NAMES: Readonly<Record<Cluster, string>> = {
  postgres: 'primary',
  'postgres-replica': 'replica',
  mongo: 'mongo',
}

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

/** One row per host: a host with pools on two clusters reports to both Ledgers. */
function hostRows(clusters: readonly ClusterView[]) {
  const rows = new Map<string, { host: string; stale: boolean; reported_at: string; pools: object[] }>()
  for (const { cluster, hosts } of clusters) {
    for (const { host, pools, reported_at, stale } of hosts) {
      const row = rows.get(host) ?? {
        host,
        stale,
        reported_at: new Date(reported_at).toISOString(),
        pools: [],
      }
      row.stale ||= stale
      for (const pool of pools) {
        const { tenant, state, size, free, used, waiting, min_size, max_size } = pool
        row.pools.push({
          cluster: NAMES[cluster],
          tenant,
          state,
          size,
          free,
          used,
          waiting,
          min_size,
          max_size,
        })
      }
      rows.set(host, row)
    }
  }
  return [...rows.values()].sort((a, b) => a.host.localeCompare(b.host))
}
