import type { ClusterView, HostView, ReportedPool } from '../../ledger/report.ts'
import { type Cluster, clusterName } from '../../pools/cluster.ts'
import { percentiles } from '../../pools/histogram.ts'
import { isPaused } from '../../pools/pauses.ts'
import { kindOf } from '../place.ts'
import type { PoolRow } from './contract.ts'

/** Every pool of the fleet, the busiest first. */
export function poolRows(clusters: readonly ClusterView[]): PoolRow[] {
  // A replica's Ledger knows of no pause: what is paused is kept where tenants live.
  const pausedFor = (tenant: string | null) =>
    clusters.some(({ pauses }) => (tenant === null ? pauses.fleetSince !== null : isPaused(pauses, tenant)))
  return clusters
    .flatMap(({ cluster, hosts }) =>
      hosts.flatMap((host) => host.pools.map((pool) => poolRow(cluster, host, pool, pausedFor))),
    )
    .sort((a, b) => busy(b) - busy(a) || b.size - a.size || b.last_used_at - a.last_used_at)
}

function poolRow(
  cluster: Cluster,
  { host, stale }: HostView,
  pool: ReportedPool,
  pausedFor: (tenant: string | null) => boolean,
): PoolRow {
  const { key, tenant, tier = null, state, size, used, free, waiting, max_size } = pool
  const { leases, reuses, wait, opened_at, last_used_at } = pool
  return {
    cluster: clusterName(cluster),
    host,
    pool: key,
    tenant,
    tier,
    placement: kindOf(host),
    state,
    size,
    used,
    free,
    waiting,
    max_size,
    reuse: leases === 0 ? null : Math.round((reuses / leases) * 1000) / 1000,
    wait_p95_ms: percentiles(wait).p95,
    opened_at,
    last_used_at,
    paused: pausedFor(tenant),
    stale,
  }
}

function busy({ used, waiting }: PoolRow): number {
  return used + waiting
}
