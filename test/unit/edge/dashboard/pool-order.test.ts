import { expect, it } from 'vitest'
import {
  arranged,
  hashOfOrder,
  identity,
  orderOfHash,
  type PoolOrder,
  sortedBy,
} from '../../../../src/edge/dashboard/client/pool-order.ts'
import { poolRow } from '../../support/dashboard-view.ts'

const BY_NAME: PoolOrder = orderOfHash('')

const POOLS = [
  poolRow({ tenant: 'globex', host: 'dedicated:globex', used: 2, tier: 'premium', reuse: 0.5 }),
  poolRow({ tenant: null, host: 'group:4', placement: 'grouped', used: 10, reuse: null }),
  poolRow({
    tenant: 'acme',
    host: 'dedicated:acme:1',
    used: 2,
    tier: 'enterprise',
    reuse: 0.9,
    paused: true,
  }),
]

const hosts = (order: PoolOrder, pools = POOLS) => arranged(pools, order).map(({ host }) => host)

it('begins by name', () => {
  expect(hosts(BY_NAME)).toEqual(['dedicated:acme:1', 'dedicated:globex', 'group:4'])
})

it('sorts figures as figures, the largest first, and equals by name', () => {
  const order = sortedBy(BY_NAME, 'used')
  expect(hosts(order)).toEqual(['group:4', 'dedicated:acme:1', 'dedicated:globex'])
  expect(hosts(sortedBy(order, 'used'))).toEqual(['dedicated:acme:1', 'dedicated:globex', 'group:4'])
})

it('puts what is unknown last, in both directions', () => {
  const order = sortedBy(BY_NAME, 'reuse')
  expect(hosts(order).at(-1)).toBe('group:4')
  expect(hosts(sortedBy(order, 'reuse')).at(-1)).toBe('group:4')
})

it('shows the oldest pool first by age, and the latest used first by last use', () => {
  const [old, busy] = [
    poolRow({ host: 'old', opened_at: 1, last_used_at: 5 }),
    poolRow({ host: 'busy', opened_at: 2, last_used_at: 9 }),
  ]
  expect(hosts(sortedBy(BY_NAME, 'age'), [busy, old])).toEqual(['old', 'busy'])
  expect(hosts(sortedBy(BY_NAME, 'last_use'), [busy, old])).toEqual(['busy', 'old'])
})

it.each([
  ['ACME', ['dedicated:acme:1']],
  ['prem', ['dedicated:globex']],
  ['dedicated glob', ['dedicated:globex']],
  ['paused', ['dedicated:acme:1']],
  ['several', ['group:4']],
  ['acme globex', []],
])('finds the pools that have every word of “%s”', (search, found) => {
  expect(hosts({ ...BY_NAME, search })).toEqual(found)
})

it('keeps the order in the address', () => {
  const order: PoolOrder = { sort: 'wait', direction: 'descending', search: 'a&b =c' }
  expect(orderOfHash(hashOfOrder(order))).toEqual(order)
  expect(hashOfOrder(BY_NAME)).toBe('')
})

it('takes no column from the address that there is not', () => {
  expect(orderOfHash('#sort=constructor&direction=sideways')).toEqual(BY_NAME)
})

it('tells a recycled pool from its successor', () => {
  expect(identity(poolRow({ opened_at: 1 }))).not.toBe(identity(poolRow({ opened_at: 2 })))
})
