import { PROBE_HOST } from '../../host/probe.ts'
import type { ClusterView, ReportedPool } from '../../ledger/report.ts'
import { clusterName } from '../../pools/cluster.ts'

/** Stands for all tenants that have no label of their own; a tenant may have that name and is then among them. */
export const OTHER = 'other'

const SUMMED = ['size', 'free', 'used', 'waiting', 'max_size'] as const

type Sums = Record<(typeof SUMMED)[number], number>

/** A pool of a live host, or the sum of those of tenants that are not labelled. */
export interface PoolRow extends Sums {
  readonly labels: {
    readonly cluster: string
    readonly host: string
    readonly pool: string
    /** Empty for a pool that tenants share. */
    readonly tenant: string
  }
}

/**
 * The pools of a cluster's live hosts: each shared one, those of labelled tenants, and of all others the sum. The health
 * checks' own are left out: they are of one connection, which is in use whenever somebody looks.
 */
export function poolRows({ cluster, hosts }: ClusterView, labelled: ReadonlySet<string>): PoolRow[] {
  const rows = new Map<string, PoolRow>()
  for (const { host, stale, pools } of hosts) {
    if (stale || host === PROBE_HOST) continue
    for (const pool of pools) {
      const isOther = pool.tenant !== null && !labelled.has(pool.tenant)
      const labels = {
        cluster: clusterName(cluster),
        host: isOther ? '' : host,
        pool: isOther ? '' : pool.key,
        tenant: isOther ? OTHER : (pool.tenant ?? ''),
      }
      addTo(rows, labels, pool)
    }
  }
  return [...rows.values()]
}

/** A pool that drains and the one that takes its place have one name, and are one row. */
function addTo(rows: Map<string, PoolRow>, labels: PoolRow['labels'], pool: ReportedPool): void {
  const name = JSON.stringify(labels)
  const row = rows.get(name) ?? { labels, size: 0, free: 0, used: 0, waiting: 0, max_size: 0 }
  for (const field of SUMMED) row[field] += pool[field]
  rows.set(name, row)
}

/**
 * The tenants that get a label, `most` at most: those with the most leases on pools of their own. Leases only grow while a
 * pool lives, so that a tenant keeps its label from scrape to scrape.
 */
export function busiestTenants(views: readonly ClusterView[], most: number): ReadonlySet<string> {
  const leases = new Map<string, number>()
  for (const { hosts } of views) {
    for (const { stale, pools } of hosts) {
      if (stale) continue
      for (const pool of pools) {
        if (pool.tenant === null || pool.tenant === OTHER) continue
        leases.set(pool.tenant, (leases.get(pool.tenant) ?? 0) + pool.leases)
      }
    }
  }
  const ranked = [...leases].sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
  return new Set(ranked.slice(0, most).map(([tenant]) => tenant))
}
