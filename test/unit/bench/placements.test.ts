import { describe, expect, it } from 'vitest'
import { STEP, TOLERANCE, usersWithin } from '../../../dev/bench/strategies/ideal.ts'
import { evenTenants, GROUPS, strategiesFor } from '../../../dev/bench/strategies/placements.ts'
import { hashOf } from '../../../src/tenants/hash.ts'

describe('the strategies', () => {
  it('give a thousand users pools of 100, ten times 50, and one connection each', () => {
    expect(strategiesFor(1_000).map(({ name, connections }) => [name, connections])).toEqual([
      ['shared', 100],
      ['grouped', 500],
      ['dedicated', 1_000],
    ])
  })

  it('meet as many users in every group, so that the ideal is one number', () => {
    const perGroup = new Map<number, number>()
    for (const tenant of evenTenants(240)) {
      const group = hashOf(tenant) % GROUPS
      perGroup.set(group, (perGroup.get(group) ?? 0) + 1)
    }
    expect([...perGroup.values()]).toEqual(Array.from({ length: GROUPS }, () => 24))
  })
})

describe('the users that are expected within the tolerance', () => {
  it('are as many as the work of fewer leaves room for, with a little to spare', () => {
    expect(usersWithin(120, TOLERANCE / 2)).toBe(220)
    expect(usersWithin(120, 0)).toBe(1_000)
  })

  it('are fewer than those who were too many', () => {
    expect(usersWithin(200, TOLERANCE * 1.001)).toBe(180)
    expect(usersWithin(1_000, 2 * TOLERANCE)).toBe(460)
  })

  it('are one step at least, in whole steps', () => {
    expect(usersWithin(STEP, 100)).toBe(STEP)
    for (const above of [0.01, 0.07, 0.13, 0.4]) expect(usersWithin(120, above) % STEP).toBe(0)
  })
})
