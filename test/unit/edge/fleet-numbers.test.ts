import { describe, expect, test } from 'vitest'
import { fleetNumbers, fleetQuestion } from '../../../src/edge/fleet-numbers.ts'
import type { ClusterView, HostView } from '../../../src/ledger/report.ts'
import { NO_COUNTERS } from '../../../src/pools/counters.ts'
import type { Cluster, PoolStatistics } from '../../../src/pools/statistics.ts'
import { sizePools } from '../../../src/tenants/sizing.ts'

function pool(tenant: string | null, size: number, max_size: number): PoolStatistics {
  return { key: tenant ?? 'shared', tenant, size, max_size } as PoolStatistics
}

function host(name: string, pools: PoolStatistics[], stale = false): HostView {
  return { host: name, pools, held: 0, reported_at: 0, stale }
}

function view(cluster: Cluster, activeTenants: number, ...hosts: HostView[]): ClusterView {
  const pauses = { revision: 0, fleetSince: null, tenants: new Map<string, number>() }
  const counts = { granted: 0, waiting: 0, recalled: 0, denied: 0, holders: [] }
  const budget = { max: 100, source: 'server', limit: 90, ...counts } as const
  return { cluster, hosts, counters: NO_COUNTERS, activeTenants, pauses, budget }
}

describe('numbers of the fleet', () => {
  test('add up over clusters and hosts', () => {
    const postgres = view(
      'postgres',
      1,
      host('dedicated:a:0', [pool('a', 3, 10)]),
      host('dedicated:a:1', [pool('a', 4, 10)]),
    )
    const mongo = view('mongo', 1, host('dedicated:b', [pool('b', 2, 5)]))
    expect(fleetNumbers([postgres, mongo])).toEqual({
      active_tenants: 2,
      open_connections: 9,
      max_connections: 25,
      available_connections: 180,
    })
  })

  test('leave out hosts that are silent, and health probes', () => {
    const hosts = [host('dedicated:a', [pool('a', 3, 10)], true), host('health', [pool(null, 1, 1)])]
    expect(fleetNumbers([view('postgres', 0, ...hosts)])).toEqual({
      active_tenants: 0,
      open_connections: 0,
      max_connections: 0,
      available_connections: 90,
    })
  })

  test('count the pools that tenants share, and the tenants on them', () => {
    const group = host('group:1', [pool(null, 20, 50)])
    expect(fleetNumbers([view('postgres', 7, group), view('mongo', 3, group)])).toEqual({
      active_tenants: 10,
      open_connections: 40,
      max_connections: 100,
      available_connections: 180,
    })
  })
})

describe('the question of a fleet', () => {
  const numbers = { active_tenants: 4, open_connections: 9, max_connections: 30, available_connections: 40 }

  test('is whether the databases can give each tenant what it uses now', () => {
    expect(fleetQuestion(numbers)).toEqual({
      concurrent_users: 4,
      requests_per_user: 3,
      available_connections: 40,
    })
  })

  test('asks for one connection of a tenant whose pool is only opening', () => {
    expect(fleetQuestion({ ...numbers, open_connections: 0 }).requests_per_user).toBe(1)
  })

  test('of nobody has an answer too', () => {
    const idle = { active_tenants: 0, open_connections: 0, max_connections: 0, available_connections: 90 }
    expect(sizePools(fleetQuestion(idle))).toMatchObject({ pool_size: 0, max_users: 0, total_connections: 0 })
  })
})
