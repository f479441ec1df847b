import { expect, test } from 'vitest'
import { busiestTenants, poolRows } from '../../../../src/edge/metrics/pool-rows.ts'
import { clusterOf, hostOf, poolOf } from '../../support/measured.ts'

const FLEET = clusterOf([
  hostOf('dedicated:a', [poolOf('a', { leases: 5 })]),
  hostOf('dedicated:b', [poolOf('b', { leases: 50 })]),
  hostOf('dedicated:c:0', [poolOf('c', { leases: 30 })]),
  hostOf('dedicated:c:1', [poolOf('c', { leases: 30 })]),
  hostOf('group:1', [poolOf(null, { leases: 1_000 })]),
])

test('the busiest tenants are labelled: those with the most leases, on all their hosts together', () => {
  expect([...busiestTenants([FLEET], 2)]).toEqual(['c', 'b'])
  expect([...busiestTenants([FLEET], 0)]).toEqual([])
  expect([...busiestTenants([FLEET], 100)]).toEqual(['c', 'b', 'a'])
})

test('the pools of all others are one row, and shared pools keep theirs', () => {
  const rows = poolRows(FLEET, new Set(['c']))
  expect(rows.map(({ labels, size }) => [labels.host, labels.tenant, size])).toEqual([
    ['', 'other', 6],
    ['dedicated:c:0', 'c', 3],
    ['dedicated:c:1', 'c', 3],
    ['group:1', '', 3],
  ])
})

test('nothing is lost: sums over rows are the same however many tenants are labelled', () => {
  const sumOf = (most: number) =>
    poolRows(FLEET, busiestTenants([FLEET], most)).reduce((sum, { waiting }) => sum + waiting, 0)
  expect([0, 1, 2, 100].map(sumOf)).toEqual([20, 20, 20, 20])
})

test('a tenant that is called other is among the others', () => {
  const fleet = clusterOf([
    hostOf('dedicated:other', [poolOf('other')]),
    hostOf('dedicated:a', [poolOf('a')]),
  ])
  const rows = poolRows(fleet, busiestTenants([fleet], 1))
  expect(rows.map(({ labels }) => labels.tenant)).toEqual(['other', 'a'])
  expect(rows[0]?.labels.host).toBe('')
})

test('a pool that drains and the one in its place are one row', () => {
  const fleet = clusterOf([hostOf('group:1', [poolOf(null, { state: 'draining' }), poolOf(null)])])
  expect(poolRows(fleet, new Set())).toMatchObject([{ size: 6, used: 4 }])
})

test('hosts that have gone silent and the one of health checks have no rows', () => {
  const fleet = clusterOf([
    hostOf('group:1', [poolOf(null)], { stale: true }),
    hostOf('health', [poolOf(null)]),
  ])
  expect(poolRows(fleet, new Set())).toEqual([])
})
