import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BodyBudget, type BodyShare } from '../../../src/edge/body-budget.ts'
import { Problem } from '../../../src/problem.ts'

test('bodies never hold more than the budget, and what they held is free when they are through', () => {
  const step = fc.oneof(
    fc.record({ take: fc.nat(60) }),
    fc.record({ grow: fc.nat(9), to: fc.nat(80) }),
    fc.record({ end: fc.nat(9) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = new BodyBudget(100)
      const shares: BodyShare[] = []
      for (const one of steps) {
        try {
          if ('take' in one) shares.push(budget.take(one.take))
          else if ('grow' in one) shares[one.grow]?.grow(one.to)
          else for (const share of shares.splice(one.end, 1)) share[Symbol.dispose]()
        } catch (error) {
          expect(error).toMatchObject({ code: 'bodies_busy', status: 503 })
          expect(error).toBeInstanceOf(Problem)
        }
        expect(budget.held).toBeLessThanOrEqual(100)
      }
      for (const share of shares) share[Symbol.dispose]()
      expect(budget.held).toBe(0)
    }),
  )
})
