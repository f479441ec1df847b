import type { Config } from '../config.ts'
import type { ClusterView } from '../ledger/report.ts'
import { clusterName } from '../pools/cluster.ts'
import { bans, hostRows, poolSums } from './cluster-rows.ts'
import { activeTenants } from './fleet-numbers.ts'
import { kindOf } from './place.ts'

/** Rows that a list shows at most. */
const MOST_ROWS = 500

/** The whole fleet at one look: clusters, hosts, tenants, placements, pauses. Times are ISO 8601. */
export function fleetView(clusters: readonly ClusterView[], { tiers, locationHint }: Config) {
  const hosts = hostRows(clusters).map((row) => ({
    ...row,
    placement: kindOf(row.host),
    // Where it was asked for: no object can say where it is.
    location_hint: locationHint ?? null,
  }))
  return {
    clusters: clusters.map(clusterRow),
    active_tenants: activeTenants(clusters),
    tiers,
    paused: pausedView(clusters),
    hosts: hosts.slice(0, MOST_ROWS),
    more_hosts: Math.max(0, hosts.length - MOST_ROWS),
  }
}

function clusterRow(view: ClusterView) {
  const live = view.hosts.filter((host) => !host.stale)
  const { size, used, waiting, max_size } = poolSums(view)
  const { holders, ...budget } = view.budget
  return {
    cluster: clusterName(view.cluster),
    hosts: live.length,
    pools: live.reduce((sum, host) => sum + host.pools.length, 0),
    open: size,
    used,
    waiting,
    paused: live.reduce((sum, host) => sum + host.held, 0),
    max_size,
    ...bans(view),
    budget,
    totals: view.counters,
  }
}

/**
 * What is paused. Every cluster is told of every pause, so the oldest moment is the one at which it was asked for.
 */
export function pausedView(clusters: readonly ClusterView[]) {
  const fleet = clusters.flatMap(({ pauses }) => pauses.fleetSince ?? [])
  const since = new Map<string, number>()
  for (const [tenant, at] of clusters.flatMap(({ pauses }) => [...pauses.tenants])) {
    since.set(tenant, Math.min(at, since.get(tenant) ?? at))
  }
  const tenants = [...since].sort(([a], [b]) => a.localeCompare(b))
  return {
    fleet_since: fleet.length > 0 ? new Date(Math.min(...fleet)).toISOString() : null,
    tenants: tenants
      .slice(0, MOST_ROWS)
      .map(([user_id, at]) => ({ user_id, since: new Date(at).toISOString() })),
    more_tenants: Math.max(0, tenants.length - MOST_ROWS),
  }
}
