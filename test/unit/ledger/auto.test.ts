import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedFleet } from '../support/simulated-fleet.ts'

/** A fleet whose chances follow from `seed`. */
function fleetOf(seed: number): SimulatedFleet {
  let state = (seed % 2_147_483_646) + 1
  return new SimulatedFleet(() => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  })
}

/** The strategies in the order in which they were recommended, each once per stretch. */
function stretches(strategies: readonly string[]): string[] {
  return strategies.filter((strategy, n) => strategy !== strategies[n - 1])
}

describe('a fleet under auto', () => {
  test.each([
    [45, ['shared']],
    [55, ['shared']],
    [70, ['shared', 'grouped']],
    [550, ['shared', 'grouped']],
    [650, ['shared', 'grouped', 'dedicated']],
  ])('that grows to %i tenants moves up and never back', (tenants, expected) => {
    const fleet = fleetOf(tenants)
    fleet.run(tenants, 30)
    expect(stretches(fleet.strategies)).toEqual(expected)
    expect(fleet.counted).toBe(tenants)
  })

  test('that shrinks moves down as far as it has shrunk, and never up again', () => {
    const fleet = fleetOf(1)
    fleet.run(650, 15)
    fleet.run(300, 30)
    expect(stretches(fleet.strategies)).toEqual(['shared', 'grouped', 'dedicated', 'grouped'])
    expect(fleet.counted).toBe(300)
    fleet.run(35, 30)
    expect(stretches(fleet.strategies)).toEqual(['shared', 'grouped', 'dedicated', 'grouped', 'shared'])
    expect(fleet.counted).toBe(35)
  })

  test('of a size near a bound, from above and from below, stays as it is', () => {
    const [growing, shrinking] = [fleetOf(2), fleetOf(3)]
    for (const tenants of [52, 48, 57, 44, 59]) growing.run(tenants, 12)
    expect(stretches(growing.strategies)).toEqual(['shared'])
    for (const tenants of [70, 45, 52, 41, 55]) shrinking.run(tenants, 12)
    expect(stretches(shrinking.strategies)).toEqual(['shared', 'grouped'])
  })

  test('is counted right and moved nowhere while its objects are reset, however often', () => {
    const sizes = fc.constantFrom(45, 61, 300)
    const gaps = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.nat(), sizes, gaps, (seed, tenants, minutes) => {
        const fleet = fleetOf(seed)
        fleet.run(tenants, 12)
        const before = stretches(fleet.strategies)
        for (const gap of minutes) {
          fleet.reset()
          fleet.run(tenants, gap)
        }
        expect(stretches(fleet.strategies)).toEqual(before)
        fleet.run(tenants, 5)
        expect(fleet.counted).toBe(tenants)
      }),
      { numRuns: 30 },
    )
  })
})
