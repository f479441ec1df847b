import { PROBE_HOST } from '../host/probe.ts'
import type { ClusterView, ReportedPool } from '../ledger/report.ts'
import type { SizingQuestion } from '../tenants/sizing.ts'

/** The fleet as the Ledgers know it now; hosts that have gone silent and health probes left out. */
export interface FleetNumbers {
  /** Tenants with a request in the last five minutes. */
  readonly active_tenants: number
  /** Connections that are open in their pools. */
  readonly open_connections: number
  /** Connections that their pools may open together: what they were granted. */
  readonly max_connections: number
  /** Connections that may be granted in all. */
  readonly available_connections: number
}

export function fleetNumbers(clusters: readonly ClusterView[]): FleetNumbers {
  const pools = servingPools(clusters)
  return {
    active_tenants: activeTenants(clusters),
    open_connections: pools.reduce((sum, pool) => sum + pool.size, 0),
    max_connections: pools.reduce((sum, pool) => sum + pool.max_size, 0),
    available_connections: clusters.reduce((sum, view) => sum + view.budget.limit, 0),
  }
}

/** Tenants with a request in the last five minutes, on whichever cluster. */
export function activeTenants(clusters: readonly ClusterView[]): number {
  return clusters.reduce((sum, view) => sum + view.activeTenants, 0)
}

/** The pools that tenants' requests run on: those of hosts that still report, without health checks'. */
export function servingPools(clusters: readonly ClusterView[]): ReportedPool[] {
  return clusters
    .flatMap((view) => view.hosts)
    .filter((host) => !host.stale && host.host !== PROBE_HOST)
    .flatMap((host) => host.pools)
}

/**
 * The sizing question that the fleet itself asks: what its tenants use now, rounded up to whole connections each,
 * against what the databases can take.
 */
export function fleetQuestion({
  active_tenants,
  open_connections,
  available_connections,
}: FleetNumbers): SizingQuestion {
  return {
    concurrent_users: active_tenants,
    requests_per_user: active_tenants === 0 ? 0 : Math.max(1, Math.ceil(open_connections / active_tenants)),
    available_connections,
  }
}
