import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fleet } from '../../../src/ledger/fleet.ts'
import type { HostReport } from '../../../src/ledger/report.ts'
import { NO_COUNTERS, type PoolCounters, type PoolStatistics } from '../../../src/pools/statistics.ts'

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
  expect(fleet.hosts(30)).toEqual([{ host: 'h1', pools: [pool], reported_at: 20, stale: false }])
  expect(fleet.counters().leases).toBe(3)
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

const event = fc.oneof(
  fc.record({
    host: fc.constantFrom('h1', 'h2', 'h3'),
    grows: fc.nat({ max: 5 }),
    reborn: fc.boolean(),
    pools: fc.boolean(),
  }),
  fc.record({ silence: fc.integer({ min: 1, max: 25 * MINUTE }) }),
  fc.record({ restart: fc.constant(true) }),
)

test('totals never go backwards and lose nothing, whatever hosts come, go and begin anew', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60, size: 'max' }), (events) => {
      let fleet = new Fleet()
      let now = 0
      let lives = 0
      let last: PoolCounters = NO_COUNTERS
      const living = new Map<string, { instance: string; leases: number; at: number }>()
      let counted = 0
      for (const next of events) {
        if ('silence' in next) now += next.silence
        else if ('restart' in next) {
          // What the Ledger stores and reads back.
          const entries = [...living].map(([host, { instance, leases, at }]) => ({
            report: reportOf(host, instance, leases),
            at,
          }))
          fleet = new Fleet({ entries, past: fleet.past })
        } else {
          const old = living.get(next.host)
          const life = old && !next.reborn ? old : { instance: `life-${lives++}`, leases: 0, at: now }
          life.leases += next.grows
          life.at = now
          counted += next.grows
          living.set(next.host, life)
          fleet.record(reportOf(next.host, life.instance, life.leases, next.pools ? [pool] : []), now)
        }
        // An object that was silent for so long is gone; when its host comes back it is a new one.
        for (const host of fleet.forgetSilent(now)) living.delete(host)
        const totals = fleet.counters()
        for (const name of Object.keys(NO_COUNTERS) as (keyof PoolCounters)[]) {
          expect(totals[name]).toBeGreaterThanOrEqual(last[name])
        }
        expect(totals.leases).toBe(counted)
        last = totals
      }
    }),
    { numRuns: 500 },
  )
})
