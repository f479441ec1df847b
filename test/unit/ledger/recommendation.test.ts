import { describe, expect, test } from 'vitest'
import { type Recommendation, recommend } from '../../../src/ledger/recommendation.ts'

const MINUTE = 60_000
const grouped: Recommendation = { strategy: 'grouped', since: 7, smallSince: null }

/** The strategies after a fleet of each size was looked at once a minute. */
function each(last: Recommendation | undefined, sizes: readonly number[]): string[] {
  let state = last
  return sizes.map((tenants, n) => {
    state = recommend(state, tenants, n * MINUTE)
    return state.strategy
  })
}

describe('a recommendation', () => {
  test('begins with what suits the fleet, bounds taken as they are', () => {
    expect([49, 50, 500, 501].map((tenants) => recommend(undefined, tenants, 5))).toEqual([
      { strategy: 'shared', since: 5, smallSince: null },
      { strategy: 'grouped', since: 5, smallSince: null },
      { strategy: 'grouped', since: 5, smallSince: null },
      { strategy: 'dedicated', since: 5, smallSince: null },
    ])
  })

  test('follows a fleet that grows at once', () => {
    expect(recommend(grouped, 601, 9)).toEqual({ strategy: 'dedicated', since: 9, smallSince: null })
  })

  test('follows a fleet that shrinks when it has been small for five minutes', () => {
    const sizes = [39, 30, 20, 10, 10, 10, 10]
    expect(each(grouped, sizes)).toEqual([...Array.from({ length: 6 }, () => 'grouped'), 'shared'])
  })

  test('waits anew when the fleet was large again in between', () => {
    expect(each(grouped, [39, 39, 39, 39, 40, 39, 39, 39])).toEqual(
      Array.from({ length: 8 }, () => 'grouped'),
    )
  })

  test('that stays as it was is the same object: there is nothing to write', () => {
    expect(recommend(grouped, 100, 9)).toBe(grouped)
    const waiting = recommend(grouped, 10, 9)
    expect(waiting).toEqual({ ...grouped, smallSince: 9 })
    expect(recommend(waiting, 11, 10)).toBe(waiting)
  })
})
