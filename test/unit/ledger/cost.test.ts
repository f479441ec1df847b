import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dailyCosts } from '../../../src/ledger/cost.ts'
import { PLACEMENTS } from '../../../src/tenants/tier.ts'

const fleet = { tenants: 1000, groups: 10, shards: 1, ledgers: 2 }

test('counts one host for all, one per group, one per tenant or none, and every Ledger', () => {
  expect(dailyCosts(fleet)).toMatchObject({
    shared: { hosts: 1, ledgers: 2 },
    grouped: { hosts: 10, ledgers: 2 },
    dedicated: { hosts: 1000, ledgers: 2 },
    isolate: { hosts: 0, ledgers: 2 },
  })
})

test('counts a host per shard of a dedicated tenant', () => {
  expect(dailyCosts({ ...fleet, shards: 4 }).dedicated.hosts).toBe(4000)
})

test('counts no group without a tenant, and no host without any', () => {
  expect(dailyCosts({ ...fleet, tenants: 3 }).grouped.hosts).toBe(3)
  const empty = dailyCosts({ ...fleet, tenants: 0 })
  expect(PLACEMENTS.map((kind) => empty[kind].hosts)).toEqual([0, 0, 0, 0])
})

test('bills every live object for its memory all day, and each report as a request', () => {
  const { shared, dedicated } = dailyCosts(fleet)
  // 3 objects × 86,400 s × 0.128 GB; one host tells two Ledgers four times a second.
  expect(shared.gb_seconds).toBe(33_178)
  expect(shared.reports).toBe(2 * 4 * 86_400)
  // (33,177.6 − 400,000 / 30) GB-s × $12.50 + (691,200 − 1,000,000 / 30) requests × $0.15, both per million
  expect(shared).toMatchObject({ duration_usd: 0.25, reports_usd: 0.1, usd: 0.35 })
  expect(dedicated.gb_seconds).toBe(11_081_318)
  // Each Ledger hears of five hundred hosts every five seconds.
  expect(dedicated.reports).toBe(2 * 100 * 86_400)
  expect(dedicated).toMatchObject({ duration_usd: 138.35, reports_usd: 2.59, usd: 140.94 })
})

test("a host of one tenant reports to one Ledger, a host that tenants share to every cluster's", () => {
  const { shared, grouped, dedicated } = dailyCosts({ ...fleet, tenants: 20 })
  const fourPerSecond = 4 * 86_400
  expect(shared.reports).toBe(2 * fourPerSecond)
  expect(grouped.reports).toBe(10 * 2 * fourPerSecond)
  expect(dedicated.reports).toBe(20 * fourPerSecond)
})

test('one more dedicated host costs about 14 cents a day', () => {
  // Reports cost the same for both: a Ledger takes a hundred a second, however many hosts send them.
  const one = dailyCosts({ ...fleet, tenants: 2000 }).dedicated.usd
  const more = dailyCosts({ ...fleet, tenants: 2100 }).dedicated.usd
  expect((more - one) / 100).toBeCloseTo(0.138, 3)
})

test('what is included costs nothing, and without a host no request is billed to one', () => {
  const { isolate } = dailyCosts({ ...fleet, ledgers: 1 })
  expect(isolate).toMatchObject({ gb_seconds: 11_059, reports: 0, usd: 0, usd_per_million_requests: 0 })
  expect(dailyCosts(fleet).shared.usd_per_million_requests).toBe(0.15)
})

test('a placement never costs less than one with fewer hosts, nor a fleet less than a smaller one', () => {
  const question = fc.record({
    tenants: fc.nat({ max: 100_000 }),
    groups: fc.integer({ min: 1, max: 1000 }),
    shards: fc.integer({ min: 1, max: 64 }),
    ledgers: fc.constant(1),
  })
  fc.assert(
    fc.property(question, fc.nat({ max: 1000 }), (one, more) => {
      const costs = dailyCosts(one)
      const larger = dailyCosts({ ...one, tenants: one.tenants + more })
      const usd = (['isolate', 'shared', 'grouped', 'dedicated'] as const).map((kind) => costs[kind].usd)
      expect(usd).toEqual(usd.toSorted((a, b) => a - b))
      for (const kind of PLACEMENTS) expect(larger[kind].usd).toBeGreaterThanOrEqual(costs[kind].usd)
    }),
  )
})
