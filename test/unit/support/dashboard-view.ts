import type { ClusterRow, DashboardView, PoolRow } from '../../../src/edge/dashboard/contract.ts'

/** A view of an idle fleet, with what a test wants to be different. */
export function dashboardView(changes: Partial<DashboardView>): DashboardView {
  return {
    at: '2026-11-21T14:02:11.000Z',
    status: 'healthy',
    services: [],
    limiter: { state: 'working' },
    strategy: { configured: 'tiers', in_force: 'tiers', placements: {} },
    active_tenants: 0,
    paused: { fleet_since: null, tenants: [] },
    clusters: [],
    pools: [],
    more_pools: 0,
    events: [],
    refused: [],
    ...changes,
  }
}

export function clusterRow(changes: Partial<ClusterRow>): ClusterRow {
  const nothing = { hosts: 0, pools: 0, used: 0, free: 0, open: 0, waiting: 0, granted: 0, held: 0 }
  return { cluster: 'postgres', ...nothing, limit: 270, max: 300, ...changes }
}

export function poolRow(changes: Partial<PoolRow>): PoolRow {
  return {
    cluster: 'postgres',
    host: 'dedicated:acme',
    pool: 'acme/10',
    tenant: 'acme',
    tier: null,
    placement: 'dedicated',
    state: 'open',
    size: 0,
    used: 0,
    free: 0,
    waiting: 0,
    max_size: 10,
    reuse: null,
    wait_p95_ms: null,
    opened_at: 0,
    last_used_at: 0,
    paused: false,
    stale: false,
    ...changes,
  }
}
