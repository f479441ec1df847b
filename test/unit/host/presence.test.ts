import { expect, test } from 'vitest'
import { Presence } from '../../../src/host/presence.ts'
import { Fleet } from '../../../src/ledger/fleet.ts'
import type { HostReport } from '../../../src/ledger/report.ts'
import { NO_COUNTERS } from '../../../src/pools/counters.ts'
import type { Pauses } from '../../../src/pools/pauses.ts'
import type { PoolStatistics } from '../../../src/pools/statistics.ts'
import { RecentEvents } from '../../../src/telemetry/recent-events.ts'
import { hashOf } from '../../../src/tenants/hash.ts'
import { FakeClock, settle } from '../support/clock.ts'
import { requestOf } from '../support/host.ts'

const pool = { key: 'a', cluster: 'postgres', tenant: 'a' } as PoolStatistics

/** A host's presence, and a Ledger that keeps its last report and what is paused. */
function presence() {
  const clock = new FakeClock()
  const fleet = new Fleet()
  const world = {
    pauses: pausesOf(1),
    reports: [] as HostReport[],
    reads: 0,
    pools: [] as PoolStatistics[],
    events: new RecentEvents(),
    isDown: false,
    bannedUntil: undefined as number | undefined,
  }
  const ledger = {
    async report(report: HostReport) {
      if (world.isDown) throw new Error('down')
      world.reports.push(report)
      fleet.record(report, clock.now())
      return { nextReportMs: 250, pauseRevision: world.pauses.revision }
    },
    async pauses() {
      world.reads++
      return world.pauses
    },
    claim: async () => ({ size: 0, revision: 0 }),
    giveBack: async () => {},
  }
  const one = new Presence({
    host: 'h',
    instance: 'i',
    cluster: 'postgres',
    clock,
    queries: { maxBytes: 1_000, maxEntries: 10, maxTotalBytes: 1_000, commandTimeoutMs: 1_000 },
    pools: {
      statistics: () => world.pools,
      counters: () => new Map([['postgres', { ...NO_COUNTERS, leases: 3 }]]),
      hasPools: () => world.pools.length > 0,
      grant: () => {},
      recall: () => 'unknown',
    },
    ledger: () => ledger,
    events: world.events,
    bannedUntil: () => world.bannedUntil,
    onChange: () => {},
    onAsked: () => {},
    onUnreachable: () => {},
  })
  return { clock, fleet, one, world }
}

function pausesOf(revision: number, ...tenants: string[]): Pauses {
  return { revision, fleetSince: null, tenants: new Map(tenants.map((tenant) => [tenant, 0])) }
}

test('tells until when the cluster is banned, as long as it is', async () => {
  const { one, world } = presence()
  world.bannedUntil = 5_000
  await one.report()
  world.bannedUntil = undefined
  await one.report()
  expect(world.reports.map(({ banned_until }) => banned_until)).toEqual([5_000, undefined])
})

test('tells the Ledger of its own cluster alone, of who is active and who is held', async () => {
  const { one, world } = presence()
  world.pools = [pool, { ...pool, cluster: 'mongo' }]
  world.pauses = pausesOf(1, 'a')
  one.touch('a', 'a')
  const scope = { tenant: 'a', data: '', changedAt: 0, ttlMs: 1_000 }
  await one.queries.read(scope, { resource: 'r', key: '', fresh: false }, async () => new Uint8Array(1))
  void one.gate.pass(requestOf('a'))
  await settle()
  await one.report()
  expect(world.reports).toEqual([
    {
      host: 'h',
      instance: 'i',
      cluster: 'postgres',
      pools: [pool],
      counters: { ...NO_COUNTERS, leases: 3, cache_misses: 1 },
      cache: { cache_hits: 0, cache_misses: 1, cache_bypasses: 0, entries: 1, bytes: expect.any(Number) },
      held: 1,
      active_tenants: 1,
      owner: 'a',
      grants: [],
      claiming: [],
      seenRevision: 0,
      active: [[hashOf('a'), 0]],
    },
  ])
})

test('asks what is paused until the Ledger knows of its pools, and is told from then on', async () => {
  const { one, world } = presence()
  world.pools = [pool]
  expect(one.isUnknown).toBe(true)
  await one.gate.pass(requestOf('a'))
  // A pause that was made now would not be pushed here.
  world.pauses = pausesOf(2, 'a')
  const held = one.gate.pass(requestOf('a'))
  await settle()
  expect(one.gate.held).toBe(1)
  one.applyPauses(pausesOf(3))
  await held
  world.pauses = pausesOf(3)
  await one.report()
  expect(one.isUnknown).toBe(false)
  const { reads } = world
  await one.gate.pass(requestOf('a'))
  expect(world.reads).toBe(reads)

  // Its pools are gone, and the Ledger knows: those that are opened next it has to hear of again.
  world.pools = []
  await one.report()
  world.pools = [pool]
  expect(one.isUnknown).toBe(true)
  await one.gate.pass(requestOf('a'))
  expect(world.reads).toBe(reads + 1)
})

test('a host that tenants share has no owner', async () => {
  const { one, world } = presence()
  one.touch('a', null)
  one.touch('b', null)
  await one.report()
  expect(world.reports[0]).not.toHaveProperty('owner')
  expect(world.reports[0]?.active_tenants).toBe(2)
})

test('a pause that came before the Ledger had heard of the host reaches it with its first report', async () => {
  const { fleet, one, world } = presence()
  await one.gate.pass(requestOf('a'))
  world.pools = [pool]
  world.pauses = pausesOf(2, 'a')
  expect(fleet.concernedHosts('a', 0)).toEqual([])
  await one.report()
  void one.gate.pass(requestOf('a'))
  await settle()
  expect(one.gate.held).toBe(1)
})

test('a resume that was never pushed to the host reaches it with its next report', async () => {
  const { one, world } = presence()
  world.pauses = pausesOf(2, 'a')
  const passed = one.gate.pass(requestOf('a'))
  await settle()
  world.pauses = pausesOf(3)
  await one.report()
  await passed
  // Nothing has changed since: nothing is asked.
  await one.report()
  expect(world.reads).toBe(2)
})

test('what was logged beside the host goes with its reports, twenty at a time, and is kept when one fails', async () => {
  const { one, world } = presence()
  for (let n = 0; n < 25; n++) world.events.note({ at: `${n}`, event: 'pool.opened', level: 'info' })
  world.isDown = true
  await expect(one.report()).rejects.toThrow('down')
  world.isDown = false
  await one.report()
  await one.report()
  await one.report()
  expect(world.reports.map(({ events = [] }) => events.map(({ at }) => Number(at)))).toEqual([
    Array.from({ length: 20 }, (_, n) => n),
    [20, 21, 22, 23, 24],
    [],
  ])
})
