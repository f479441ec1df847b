import type { ClusterView } from '../../ledger/report.ts'
import { clusterName } from '../../pools/cluster.ts'
import type { ClusterCounters } from '../../pools/counters.ts'
import type { Buckets } from '../../pools/histogram.ts'
import { counter, type Family, gauge, histogram, type Sample } from '../../telemetry/family.ts'
import { bans } from '../cluster-rows.ts'

/** What was done on each cluster, by pools and hosts that are gone too, and its budget. */
export function clusterFamilies(views: readonly ClusterView[]): Family[] {
  return [...poolCounters(views), ...cacheFamilies(views), ...budgetFamilies(views), ...hostFamilies(views)]
}

function poolCounters(views: readonly ClusterView[]): Family[] {
  const total = (name: string, help: string, count: (counters: ClusterCounters) => number) =>
    counter(
      name,
      help,
      perCluster(views, ({ counters }) => count(counters)),
    )
  const times = (what: string, help: string, buckets: (counters: ClusterCounters) => Buckets) =>
    histogram(
      `db_client_connection_${what}_time_seconds`,
      help,
      views.map(({ cluster, counters }) => ({
        labels: { cluster: clusterName(cluster) },
        buckets: buckets(counters),
      })),
    )
  return [
    total(
      'db_client_connection_timeouts',
      'Requests that got no connection in time.',
      (c) => c.lease_timeouts,
    ),
    times('create', 'How long opening a connection took.', (c) => c.create),
    times('wait', 'How long a request waited for a connection.', (c) => c.wait),
    times('use', 'How long a request held a connection.', (c) => c.use),
    total('db_pool_leases', 'Requests that got a connection.', (c) => c.leases),
    total('db_pool_reuses', 'Those whose connection had served before.', (c) => c.reuses),
    total('db_pool_slow_queries', 'Statements that took SLOW_QUERY_MS or longer.', (c) => c.slow_queries),
    total('db_pool_connections_created', 'Connections opened.', (c) => c.connections_created),
    total('db_pool_connections_closed', 'Connections closed.', (c) => c.connections_closed),
    total(
      'db_pool_connection_errors',
      'Connections that failed or could not be opened.',
      (c) => c.connection_errors,
    ),
    total('db_pool_opened', 'Pools that were begun.', (c) => c.pools_opened),
    counter(
      'db_pool_evictions',
      'Pools that were closed for the reason.',
      views.flatMap(({ cluster, counters }) =>
        Object.entries(counters.pools_closed).map(([reason, value]) => ({
          labels: { cluster: clusterName(cluster), reason },
          value,
        })),
      ),
    ),
  ]
}

function cacheFamilies(views: readonly ClusterView[]): Family[] {
  const kept = (view: ClusterView, what: 'entries' | 'bytes') =>
    view.hosts.reduce((sum, { stale, cache }) => sum + (stale ? 0 : (cache?.[what] ?? 0)), 0)
  return [
    counter(
      'query_cache_requests',
      'Reads that the query cache answered (hit), could not (miss), or was not asked (bypass).',
      views.flatMap(({ cluster, counters: { cache_hits, cache_misses, cache_bypasses } }) =>
        Object.entries({ hit: cache_hits, miss: cache_misses, bypass: cache_bypasses }).map(
          ([result, value]) => ({ labels: { cluster: clusterName(cluster), result }, value }),
        ),
      ),
    ),
    gauge(
      'query_cache_entries',
      'Answers that hosts keep.',
      perCluster(views, (view) => kept(view, 'entries')),
    ),
    gauge(
      'query_cache_bytes',
      'Their size.',
      perCluster(views, (view) => kept(view, 'bytes')),
    ),
  ]
}

function budgetFamilies(views: readonly ClusterView[]): Family[] {
  const known = views.filter(({ budget }) => budget.max !== null)
  return [
    gauge(
      'db_budget_server_max',
      'Connections that the server takes.',
      perCluster(known, ({ budget }) => budget.max ?? 0),
    ),
    gauge(
      'db_budget_limit',
      'Connections that may be granted.',
      perCluster(views, ({ budget }) => budget.limit),
    ),
    gauge(
      'db_budget_granted',
      'Connections that are granted.',
      perCluster(views, ({ budget }) => budget.granted),
    ),
    gauge(
      'db_budget_waiting_pools',
      'Pools that wait for a connection of the budget.',
      perCluster(views, ({ budget }) => budget.waiting),
    ),
    counter(
      'db_budget_recalls',
      'Pools that gave connections back when asked.',
      perCluster(views, ({ budget }) => budget.recalled),
    ),
    counter(
      'db_budget_denials',
      'Claims that ended without a connection.',
      perCluster(views, ({ budget }) => budget.denied),
    ),
  ]
}

function hostFamilies(views: readonly ClusterView[]): Family[] {
  const live = (view: ClusterView) => view.hosts.filter(({ stale }) => !stale)
  return [
    gauge(
      'pool_hosts',
      'Hosts that report.',
      perCluster(views, (view) => live(view).length),
    ),
    gauge(
      'active_tenants',
      'Tenants with a request in the last five minutes.',
      perCluster(views, (view) => view.activeTenants),
    ),
    gauge(
      'paused_requests',
      'Requests that are held back because their tenants are paused.',
      perCluster(views, (view) => live(view).reduce((sum, { held }) => sum + held, 0)),
    ),
    gauge(
      'db_replica_bans',
      'Hosts that read from the primary because the replica failed.',
      views.flatMap((view) => {
        const { banned_by: value } = bans(view)
        return value === undefined ? [] : [{ labels: { cluster: clusterName(view.cluster) }, value }]
      }),
    ),
  ]
}

function perCluster(views: readonly ClusterView[], value: (view: ClusterView) => number): Sample[] {
  return views.map((view) => ({ labels: { cluster: clusterName(view.cluster) }, value: value(view) }))
}
