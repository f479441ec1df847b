import type { Measured } from '../../../src/edge/metrics/families.ts'
import type { ClusterView, HostView, ReportedPool } from '../../../src/ledger/report.ts'
import { NO_COUNTERS } from '../../../src/pools/counters.ts'

/** A pool of a connection that is free and two that are lent, with 10 leases behind it. */
export function poolOf(tenant: string | null, overrides: Partial<ReportedPool> = {}): ReportedPool {
  return {
    key: tenant ?? 'shared',
    tenant,
    engine: 'postgres',
    cluster: 'postgres',
    state: 'open',
    size: 3,
    free: 1,
    used: 2,
    waiting: 4,
    min_size: 1,
    max_size: 5,
    opened_at: 0,
    last_used_at: 0,
    connections_created: 3,
    connections_closed: 0,
    connection_errors: 0,
    leases: 10,
    reuses: 7,
    lease_timeouts: 0,
    slow_queries: 0,
    ...overrides,
  }
}

export function hostOf(
  host: string,
  pools: readonly ReportedPool[],
  overrides: Partial<HostView> = {},
): HostView {
  return { host, pools, held: 0, reported_at: 0, stale: false, ...overrides }
}

export function clusterOf(hosts: readonly HostView[], overrides: Partial<ClusterView> = {}): ClusterView {
  return {
    cluster: 'postgres',
    hosts,
    counters: {
      ...NO_COUNTERS,
      leases: 20,
      // 0, 1 and 3 ms, and one above every bound.
      wait: { counts: [1, 1, 0, 1, ...Array<number>(27).fill(0), 1], sum: 120_004 },
      pools_closed: { ...NO_COUNTERS.pools_closed, idle: 2 },
    },
    activeTenants: 2,
    pauses: { revision: 0, fleetSince: null, tenants: new Map() },
    budget: {
      max: 100,
      source: 'server',
      limit: 90,
      granted: 81,
      waiting: 1,
      recalled: 3,
      denied: 4,
      holders: [],
    },
    ...overrides,
  }
}

/** A fleet of which every metric has a value. */
export const MEASURED: Measured = {
  clusters: [
    clusterOf([hostOf('dedicated:acme', [poolOf('acme')]), hostOf('group:1', [poolOf(null)])]),
    clusterOf([hostOf('group:1', [poolOf(null)], { banned: true })], { cluster: 'postgres-replica' }),
  ],
  counts: {
    requests: [
      { method: 'GET', route: '/api/posts', status: 200, duration: { counts: [0, 0, 2, 1], sum: 7 } },
      { method: 'GET', route: 'unknown', status: 404, duration: { counts: [1], sum: 0 } },
    ],
    decisions: [
      { policy: 'tenant', outcome: 'passed', count: 3 },
      { policy: 'tenant', outcome: 'refused', count: 1 },
    ],
  },
  services: {
    database: { pools: { primary: { status: 'unhealthy' } } },
    mongo: { status: 'healthy' },
    redis: { healthy: true },
  },
  tenantLabels: 100,
}
