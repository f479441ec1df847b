import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fleet } from '../../../src/ledger/fleet.ts'
import type { HostReport } from '../../../src/ledger/report.ts'
import { type ClusterCounters, NO_COUNTERS, type ReportedCounters } from '../../../src/pools/counters.ts'
import type { CloseReason, PoolStatistics } from '../../../src/pools/statistics.ts'
import { ClusterTally } from '../../../src/pools/tally.ts'
import { hashOf } from '../../../src/tenants/hash.ts'
import { checkGrowth } from '../support/counters.ts'

const MINUTE = 60_000
const pool = { key: 'a', state: 'open' } as PoolStatistics

function reportOf(host: string, instance: string, leases: number, pools = [pool]): HostReport {
  return { host, instance, cluster: 'postgres', pools, counters: { ...NO_COUNTERS, leases } }
}

test('shows the last report of every host that has pools', () => {
  const fleet = new Fleet()
  fleet.record(reportOf('h1', 'i', 1), 0)
  fleet.record(reportOf('h2', 'i', 1, []), 10)
  fleet.record(reportOf('h1', 'i', 2), 20)
  expect(fleet.hosts(30)).toEqual([{ host: 'h1', pools: [pool], held: 0, reported_at: 20, stale: false }])
  expect(fleet.counters().leases).toBe(3)
})

test('shows a host that has banned a replica, without a pool too, until its ban is over', () => {
  const fleet = new Fleet()
  fleet.record({ ...reportOf('h', 'i', 1, []), cluster: 'postgres-replica', banned_until: 5_000 }, 0)
  expect(fleet.hosts(4_999)).toMatchObject([{ host: 'h', banned: true }])
  expect(fleet.hosts(5_000)).toEqual([])
})

test('hands back the report that a new one replaces', () => {
  const fleet = new Fleet()
  expect(fleet.record(reportOf('h', 'i', 1), 5)).toBeUndefined()
  expect(fleet.record(reportOf('h', 'i', 2), 6)).toMatchObject({ at: 5, report: { counters: { leases: 1 } } })
})

test('a host that missed three heartbeats is shown as stale', () => {
  const fleet = new Fleet()
  fleet.record(reportOf('h', 'i', 1), 0)
  expect(fleet.hosts(90_000)[0]?.stale).toBe(false)
  expect(fleet.hosts(90_001)[0]?.stale).toBe(true)
})

test('a host that was silent for twenty minutes is forgotten, and what it counted is kept', () => {
  const fleet = new Fleet()
  fleet.record(reportOf('h', 'i', 7), 0)
  fleet.record(reportOf('other', 'i', 1), 20 * MINUTE)
  expect(fleet.forgetSilent(20 * MINUTE)).toEqual([])
  expect(fleet.hosts(20 * MINUTE + 1).map(({ host }) => host)).toEqual(['other'])
  expect(fleet.forgetSilent(20 * MINUTE + 1)).toEqual(['h'])
  expect(fleet.counters().leases).toBe(8)
  expect(fleet.past.leases).toBe(7)
})

test('a new life of a host counts on from the one before', () => {
  const fleet = new Fleet()
  fleet.record(reportOf('h', 'first', 7), 0)
  fleet.record(reportOf('h', 'second', 0), 1)
  expect(fleet.counters().leases).toBe(7)
  fleet.record(reportOf('h', 'second', 2), 2)
  expect(fleet.counters().leases).toBe(9)
})

test('a host without pools is shown while it holds requests back', () => {
  const fleet = new Fleet()
  fleet.record({ ...reportOf('h', 'i', 0, []), held: 2 }, 0)
  expect(fleet.hosts(0)).toMatchObject([{ host: 'h', held: 2 }])
  fleet.record({ ...reportOf('h', 'i', 0, []), held: 0 }, 1)
  expect(fleet.hosts(1)).toEqual([])
})

test('a pause concerns the hosts on which the tenant may run, and those that hold requests back', () => {
  const fleet = new Fleet()
  const poolOf = (tenant: string | null) => ({ ...pool, tenant })
  fleet.record(reportOf('own', 'i', 0, [poolOf('a')]), 0)
  fleet.record(reportOf('other', 'i', 0, [poolOf('b')]), 0)
  fleet.record(reportOf('shared', 'i', 0, [poolOf(null)]), 0)
  fleet.record({ ...reportOf('holding', 'i', 0, []), held: 1 }, 0)
  fleet.record(reportOf('gone', 'i', 0, []), 0)
  expect(fleet.concernedHosts('a', 0)).toEqual(['own', 'shared', 'holding'])
  expect(fleet.concernedHosts(null, 0)).toEqual(['own', 'other', 'shared', 'holding'])
})

test('active tenants are summed over hosts, the shards of one tenant count once', () => {
  const fleet = new Fleet()
  const active = (host: string, active_tenants: number, owner?: string) =>
    fleet.record({ ...reportOf(host, 'i', 0), active_tenants, ...(owner !== undefined && { owner }) }, 0)
  active('group:1', 4)
  active('group:2', 3)
  active('dedicated:a:0', 1, 'a')
  active('dedicated:a:1', 1, 'a')
  active('dedicated:b', 0, 'b')
  fleet.record(reportOf('of an older version', 'i', 0), 0)
  expect(fleet.activeTenants(5 * MINUTE)).toBe(8)
  expect(fleet.activeTenants(5 * MINUTE + 1)).toBe(0)
})

/** A host's report with the tenants that it names, each with the seconds since its last request. */
function listing(host: string, instance: string, active: HostReport['active']): HostReport {
  return { ...reportOf(host, instance, 0), active_tenants: active?.length ?? 0, ...(active && { active }) }
}

describe('an active tenant counts once', () => {
  test('on several hosts, of this version and of the one before', () => {
    const fleet = new Fleet()
    const a = hashOf('a')
    fleet.record({ ...reportOf('dedicated:a', 'i', 0), active_tenants: 1, owner: 'a' }, 0)
    fleet.record(
      listing('group:1', 'i', [
        [a, 0],
        [2, 0],
      ]),
      0,
    )
    fleet.record(listing('shared', 'i', [[a, 0]]), 0)
    expect(fleet.activeTenants(0)).toBe(2)
  })

  test('for five minutes after its last request, however late its host told of it and whether that still lives', () => {
    const fleet = new Fleet()
    fleet.record(
      listing('group:1', 'i', [
        [1, 200],
        [2, 10],
      ]),
      4 * MINUTE,
    )
    expect(fleet.activeTenants(4 * MINUTE + 100_000)).toBe(2)
    expect(fleet.activeTenants(4 * MINUTE + 100_001)).toBe(1)
    fleet.record(listing('group:1', 'next', []), 6 * MINUTE)
    expect(fleet.activeTenants(9 * MINUTE - 10_000)).toBe(1)
    expect(fleet.activeTenants(9 * MINUTE - 9_999)).toBe(0)
  })

  test('also when a silent host, or one that was heard too late, names an older request of it', () => {
    const fleet = new Fleet()
    fleet.record(listing('group:1', 'i', [[1, 0]]), MINUTE)
    fleet.record(listing('shared', 'i', [[1, 50]]), MINUTE)
    fleet.forgetSilent(6 * MINUTE)
    expect(fleet.activeTenants(6 * MINUTE)).toBe(1)
    fleet.forgetSilent(6 * MINUTE + 1)
    expect(fleet.activeTenants(6 * MINUTE + 1)).toBe(0)
  })

  test('unless its host has too many to list them: it counts there, and where it moved to', () => {
    const fleet = new Fleet()
    fleet.record({ ...reportOf('shared', 'i', 0), active_tenants: 1_500 }, 0)
    fleet.record(listing('dedicated:a', 'i', [[hashOf('a'), 0]]), 0)
    expect(fleet.activeTenants(0)).toBe(1_501)
  })

  test('before and after what was stored is read back', () => {
    const report = listing('group:1', 'i', [
      [1, 100],
      [2, 0],
    ])
    const restored = new Fleet(structuredClone({ entries: [{ report, at: 0 }], past: NO_COUNTERS }))
    expect(restored.activeTenants(200_000)).toBe(2)
    expect(restored.activeTenants(200_001)).toBe(1)
  })
})

test('the same numbers come out of what was stored', () => {
  const fleet = new Fleet()
  fleet.record(reportOf('h', 'first', 7), 0)
  const entry = { report: reportOf('h', 'second', 2), at: 1 }
  fleet.record(entry.report, entry.at)
  const restored = new Fleet({ entries: [entry], past: fleet.past })
  expect(restored.counters()).toEqual(fleet.counters())
  expect(restored.hosts(2)).toEqual(fleet.hosts(2))
  restored.record(reportOf('h', 'third', 1), 3)
  expect(restored.counters().leases).toBe(10)
})

test('the more hosts there are, the less often each is to report', () => {
  const fleet = new Fleet()
  const intervals: number[] = []
  for (let count = 0; count <= 4_000; count++) {
    if ([0, 1, 25, 26, 100, 3_000, 4_000].includes(count)) intervals.push(fleet.reportInterval())
    fleet.record(reportOf(`h${count}`, 'i', 0), 0)
  }
  expect(intervals).toEqual([250, 250, 250, 260, 1_000, 30_000, 30_000])
})

test('an older report, and an older past, count as zero what they do not know', () => {
  const fleet = new Fleet({ entries: [], past: { leases: 5 } })
  const older: ReportedCounters = { leases: 2, connections_created: 1 }
  fleet.record({ ...reportOf('old', 'i', 0), counters: older }, 0)
  fleet.record({ ...reportOf('new', 'i', 0), counters: { ...NO_COUNTERS, pools_opened: 3 } }, 0)
  fleet.record({ ...reportOf('old', 'next', 0), counters: older }, 1)
  expect(fleet.counters()).toEqual({ ...NO_COUNTERS, leases: 9, connections_created: 2, pools_opened: 3 })
})

const reasons: readonly CloseReason[] = ['idle', 'lru', 'recycled', 'drained', 'error']
const event = fc.oneof(
  fc.record({
    host: fc.constantFrom('h1', 'h2', 'h3'),
    leases: fc.array(fc.nat({ max: 200_000 }), { maxLength: 5 }),
    opened: fc.nat({ max: 3 }),
    closed: fc.array(fc.constantFrom(...reasons), { maxLength: 3 }),
    reborn: fc.boolean(),
    pools: fc.boolean(),
  }),
  fc.record({ silence: fc.integer({ min: 1, max: 25 * MINUTE }) }),
  fc.record({ restart: fc.constant(true) }),
)
type Reported = Extract<typeof event extends fc.Arbitrary<infer E> ? E : never, { host: string }>

/** What happens to a host goes into its own tally and into that of all there ever was. */
function tell({ leases, opened, closed }: Reported, tallies: readonly ClusterTally[]): void {
  for (const tally of tallies) {
    for (const ms of leases) {
      tally.count('leases')
      tally.waited(ms)
      tally.used(ms)
    }
    for (let pool = 0; pool < opened; pool++) tally.poolOpened()
    for (const reason of closed) tally.poolClosed(reason)
  }
}

test('totals never go backwards and lose nothing, whatever hosts come, go and begin anew', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60, size: 'max' }), (events) => {
      let fleet = new Fleet()
      let now = 0
      let lives = 0
      let last: ClusterCounters = NO_COUNTERS
      const living = new Map<
        string,
        { instance: string; tally: ClusterTally; report: HostReport; at: number }
      >()
      const ever = new ClusterTally()
      for (const next of events) {
        if ('silence' in next) now += next.silence
        else if ('restart' in next) {
          // What the Ledger stores and reads back.
          const entries = [...living.values()].map(({ report, at }) => ({ report, at }))
          fleet = new Fleet(structuredClone({ entries, past: fleet.past }))
        } else {
          const old = living.get(next.host)
          const { instance, tally } =
            old && !next.reborn ? old : { instance: `life-${lives++}`, tally: new ClusterTally() }
          tell(next, [tally, ever])
          const pools = next.pools ? [pool] : []
          const report = { ...reportOf(next.host, instance, 0, pools), counters: tally.counters() }
          living.set(next.host, { instance, tally, report, at: now })
          fleet.record(report, now)
        }
        // An object that was silent for so long is gone; when its host comes back it is a new one.
        for (const host of fleet.forgetSilent(now)) living.delete(host)
        const totals = fleet.counters()
        checkGrowth(last, totals)
        expect(totals).toEqual({ ...NO_COUNTERS, ...ever.counters() })
        last = totals
      }
    }),
    { numRuns: 500 },
  )
})

test('adds up the connections of the hosts that still report', () => {
  const fleet = new Fleet()
  const busy = { ...pool, used: 2, free: 1, waiting: 4 }
  fleet.record(reportOf('gone', 'i', 1, [busy]), 0)
  fleet.record(reportOf('h1', 'i', 1, [busy, busy]), 60_000)
  fleet.record(reportOf('h2', 'i', 1, [busy]), 60_000)
  expect(fleet.connections(90_000)).toEqual({ used: 8, free: 4, waiting: 16 })
  expect(fleet.connections(90_001)).toEqual({ used: 6, free: 3, waiting: 12 })
})
