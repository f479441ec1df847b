import { describe, expect, it } from 'vitest'
import { nextUsers, STEP, TOLERANCE } from '../../../dev/bench/strategies/ideal.ts'
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

describe('the search for the most users', () => {
  const tried = { users: 1_000, worst: 2 * TOLERANCE, tooMany: 1_000, carried: undefined }

  it('goes down by as much as the work was too much', () => {
    expect(nextUsers(tried)).toBe(500)
  })

  it('goes down by a fifth at least, and to a fifth at most', () => {
    expect(nextUsers({ ...tried, worst: TOLERANCE * 1.01 })).toBe(800)
    expect(nextUsers({ ...tried, worst: 100 })).toBe(200)
  })

  it('tries between what was carried and what was too much, in whole steps', () => {
    const next = nextUsers({ ...tried, users: 500, worst: 0.1, carried: 500 })
    expect(next).toBe(720)
    expect((next ?? 0) % STEP).toBe(0)
  })

  it('ends when there is nothing left between', () => {
    expect(nextUsers({ users: 500, worst: 0.1, tooMany: 520, carried: 500 })).toBeUndefined()
    expect(nextUsers({ users: 500, worst: 0.1, tooMany: 510, carried: 500 })).toBeUndefined()
  })
})
