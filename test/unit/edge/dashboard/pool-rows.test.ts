import { expect, test } from 'vitest'
import { poolRows } from '../../../../src/edge/dashboard/pool-rows.ts'
import type { ClusterView, ReportedPool } from '../../../../src/ledger/report.ts'
import type { Cluster } from '../../../../src/pools/cluster.ts'

const POOL = {
  key: 'k',
  tenant: 'acme',
  tier: 'premium',
  state: 'open',
  size: 2,
  used: 0,
  free: 2,
  waiting: 0,
  max_size: 5,
  leases: 0,
  reuses: 0,
  opened_at: 1,
  last_used_at: 2,
} as ReportedPool

function view(
  cluster: Cluster,
  hosts: Record<string, ReportedPool[]>,
  paused: readonly string[] = [],
): ClusterView {
  return {
    cluster,
    hosts: Object.entries(hosts).map(([host, pools]) => ({
      host,
      pools,
      held: 0,
      reported_at: 0,
      stale: false,
    })),
    pauses: { revision: 1, fleetSince: null, tenants: new Map(paused.map((tenant) => [tenant, 1])) },
  } as unknown as ClusterView
}

test('shows the busiest pools first: those with connections in use or requests that wait', () => {
  const rows = poolRows([
    view('postgres', {
      shared: [
        { ...POOL, key: 'idle' },
        { ...POOL, key: 'two', used: 2 },
      ],
    }),
    view('mongo', { 'dedicated:acme': [{ ...POOL, key: 'three', used: 1, waiting: 2 }] }),
  ])
  expect(rows.map(({ pool, cluster, placement }) => [pool, cluster, placement])).toEqual([
    ['three', 'mongo', 'dedicated'],
    ['two', 'primary', 'shared'],
    ['idle', 'primary', 'shared'],
  ])
})

test('tells how often a connection was used again, and nothing before the first lease', () => {
  const [used, fresh] = poolRows([
    view('postgres', { shared: [{ ...POOL, used: 1, leases: 3, reuses: 2 }, POOL] }),
  ])
  expect([used?.reuse, fresh?.reuse]).toEqual([0.667, null])
  expect(fresh).toMatchObject({ tier: 'premium', wait_p95_ms: null })
})

test('a pool of a host before tiers were told has none', () => {
  const { tier, ...older } = POOL
  expect(poolRows([view('postgres', { shared: [older] })])[0]?.tier).toBeNull()
})

test('a paused tenant is paused on replicas too, whose Ledgers know of no pause; a pool of many is not', () => {
  const rows = poolRows([
    view('postgres', { 'dedicated:acme': [POOL], shared: [{ ...POOL, tenant: null }] }, ['acme']),
    view('postgres-replica', { 'dedicated:acme': [POOL] }),
  ])
  expect(rows.filter(({ tenant }) => tenant === 'acme').map(({ paused }) => paused)).toEqual([true, true])
  expect(rows.find(({ tenant }) => tenant === null)?.paused).toBe(false)
})
