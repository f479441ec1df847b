import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
import { fleetView } from '../../../src/edge/fleet-view.ts'
import type { BudgetView, ClusterView, HostView } from '../../../src/ledger/report.ts'
import { NO_COUNTERS } from '../../../src/pools/counters.ts'
import type { PoolStatistics } from '../../../src/pools/statistics.ts'

const parsed = parseConfig({ DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', JWT_SECRET: 's'.repeat(32) })
if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
const { config } = parsed

const pool = { size: 3, free: 1, used: 2, waiting: 4, min_size: 1, max_size: 5 } as PoolStatistics

const BUDGET: Omit<BudgetView, 'holders'> = {
  max: 100,
  source: 'server',
  limit: 90,
  granted: 11,
  waiting: 2,
  recalled: 3,
  denied: 4,
}

function hostOf(host: string, overrides: Partial<HostView> = {}): HostView {
  return { host, pools: [pool], held: 0, reported_at: 0, stale: false, ...overrides }
}

function viewOf(overrides: Partial<ClusterView> = {}): ClusterView {
  return {
    cluster: 'postgres',
    hosts: [],
    counters: { ...NO_COUNTERS, leases: 7 },
    activeTenants: 0,
    pauses: { revision: 0, fleetSince: null, tenants: new Map() },
    budget: { ...BUDGET, holders: ['group:1'] },
    ...overrides,
  }
}

test('sums up every cluster over its live hosts', () => {
  const hosts = [
    hostOf('group:1', { held: 6 }),
    hostOf('dedicated:a'),
    hostOf('dedicated:b', { stale: true }),
  ]
  const { clusters, tiers } = fleetView([viewOf({ hosts }), viewOf({ cluster: 'mongo' })], config)
  expect(clusters[0]).toMatchObject({
    cluster: 'primary',
    hosts: 2,
    pools: 2,
    open: 6,
    used: 4,
    waiting: 8,
    paused: 6,
    max_size: 10,
    budget: BUDGET,
    totals: { leases: 7 },
  })
  expect(clusters[1]).toMatchObject({ cluster: 'mongo', hosts: 0, open: 0 })
  expect(tiers.premium).toMatchObject({ placement: 'dedicated', size: 10 })
})

test('shows hosts in order with their kind of placement, a host of two clusters once', () => {
  const view = fleetView(
    [
      viewOf({ hosts: ['shared', 'health', 'group:1', 'dedicated:group:1'].map((name) => hostOf(name)) }),
      viewOf({ cluster: 'mongo', hosts: [hostOf('shared', { stale: true })] }),
    ],
    config,
  )
  expect(view.hosts.map(({ host, placement, pools }) => [host, placement, pools.length])).toEqual([
    ['dedicated:group:1', 'dedicated', 1],
    ['group:1', 'grouped', 1],
    ['health', 'health', 1],
    ['shared', 'shared', 2],
  ])
  expect(view.hosts[3]).toMatchObject({ stale: true, reported_at: '1970-01-01T00:00:00.000Z' })
  expect(view.more_hosts).toBe(0)
})

test('shows 500 hosts and 500 paused tenants, and says how many more there are', () => {
  const names = Array.from({ length: 501 }, (_, n) => `t${String(n).padStart(3, '0')}`)
  const tenants = new Map(names.map((name) => [name, 0]))
  const view = fleetView(
    [
      viewOf({
        hosts: names.map((name) => hostOf(name)),
        pauses: { revision: 1, fleetSince: null, tenants },
      }),
    ],
    config,
  )
  expect([view.hosts.length, view.more_hosts]).toEqual([500, 1])
  expect([view.paused.tenants.length, view.paused.more_tenants]).toEqual([500, 1])
  expect(view.paused.tenants.at(-1)?.user_id).toBe('t499')
})

test('says what is paused since when, once for all clusters', () => {
  const pausedAt = (at: number): ClusterView['pauses'] => ({
    revision: 1,
    fleetSince: at,
    tenants: new Map([['acme', at]]),
  })
  const { active_tenants, paused } = fleetView(
    [
      viewOf({ pauses: pausedAt(2_000), activeTenants: 2 }),
      viewOf({ pauses: pausedAt(1_000), activeTenants: 3 }),
    ],
    config,
  )
  expect(paused).toEqual({
    fleet_since: '1970-01-01T00:00:01.000Z',
    tenants: [{ user_id: 'acme', since: '1970-01-01T00:00:01.000Z' }],
    more_tenants: 0,
  })
  expect(active_tenants).toBe(5)
})
