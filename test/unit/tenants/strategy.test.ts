import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isForMore, nextStrategy, type Strategy, strategyFor } from '../../../src/tenants/strategy.ts'

const strategies = fc.constantFrom<Strategy>('shared', 'grouped', 'dedicated')
const tenants = fc.oneof(
  fc.nat({ max: 1_000 }),
  fc.constantFrom(39, 40, 49, 50, 59, 60, 400, 401, 500, 600, 601),
)

describe('a strategy in force is left when the fleet is a fifth beyond its bound', () => {
  test.each<[Strategy, number, Strategy]>([
    ['shared', 59, 'shared'],
    ['shared', 60, 'grouped'],
    ['shared', 600, 'grouped'],
    ['shared', 601, 'dedicated'],
    ['grouped', 40, 'grouped'],
    ['grouped', 39, 'shared'],
    ['grouped', 600, 'grouped'],
    ['grouped', 601, 'dedicated'],
    ['dedicated', 401, 'dedicated'],
    ['dedicated', 400, 'grouped'],
    ['dedicated', 40, 'grouped'],
    ['dedicated', 39, 'shared'],
  ])('%s with %i active tenants becomes %s', (inForce, active, next) => {
    expect(nextStrategy(inForce, active)).toBe(next)
  })
})

test('within a fifth of a bound nothing moves, whatever is in force on either side of it', () => {
  const sides: readonly [Strategy, Strategy, number, number][] = [
    ['shared', 'grouped', 40, 59],
    ['grouped', 'dedicated', 401, 600],
  ]
  for (const [below, above, from, to] of sides) {
    fc.assert(
      fc.property(
        fc.constantFrom(below, above),
        fc.array(fc.integer({ min: from, max: to })),
        (start, counts) => {
          for (const active of counts) expect(nextStrategy(start, active)).toBe(start)
        },
      ),
    )
  }
})

test('farther than a fifth from every bound it is the one that suits the fleet', () => {
  const far = fc.oneof(
    fc.integer({ min: 0, max: 39 }),
    fc.integer({ min: 60, max: 400 }),
    fc.integer({ min: 601, max: 100_000 }),
  )
  fc.assert(
    fc.property(strategies, far, (inForce, active) => {
      expect(nextStrategy(inForce, active)).toBe(strategyFor(active))
    }),
  )
})

test('a larger fleet never gets a strategy for smaller ones, and the same fleet asks for no second move', () => {
  fc.assert(
    fc.property(strategies, tenants, tenants, (inForce, a, b) => {
      const [small, large] = [Math.min(a, b), Math.max(a, b)].map((active) => nextStrategy(inForce, active))
      if (!small || !large) throw new Error('two counts in, two strategies out')
      expect(isForMore(small, large)).toBe(false)
      expect(nextStrategy(nextStrategy(inForce, a), a)).toBe(nextStrategy(inForce, a))
    }),
  )
})
