import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Budget, GRANT_MS, grantable, SUCCEEDED_MS } from '../../../src/ledger/budget.ts'
import type { Claim, Grant } from '../../../src/ledger/grant.ts'
import { claimOf, sumOf } from '../support/grants.ts'

function budgetOf(limit: number): Budget {
  return new Budget({ limit })
}

/** Grants as a Ledger does: beside nobody who waits. */
function grant(budget: Budget, claim: Claim, now = 0): Grant | undefined {
  return budget.grant(claim, budget.shares(budget.find(claim) ? [] : [claim])(claim), now)
}

describe('the reserve', () => {
  test.each([
    [100, 90],
    [300, 270],
    [20, 17],
    [10, 7],
    [5, 2],
    [3, 0],
    [1, 0],
    [105, 94],
  ])('of a server that takes %d leaves %d to be granted', (max, left) => {
    expect(grantable(max)).toBe(left)
  })
})

describe('a budget', () => {
  test('grants everybody what he wants while there is enough', () => {
    const budget = budgetOf(20)
    for (const pool of ['a', 'b', 'c', 'd']) expect(grant(budget, claimOf(pool))?.size).toBe(5)
    expect(budget).toMatchObject({ granted: 20, free: 0 })
  })

  test('has nothing more to give when it is spent', () => {
    const budget = budgetOf(3)
    grant(budget, claimOf('a'))
    expect(grant(budget, claimOf('b'))).toBeUndefined()
  })

  test('counts what a driver opens beside its pool', () => {
    const budget = budgetOf(4)
    expect(grant(budget, claimOf('a', { overhead: 1 }))?.size).toBe(3)
    expect(budget.free).toBe(0)
  })

  test('does not grant a pool that would have its overhead alone', () => {
    const budget = budgetOf(6)
    grant(budget, claimOf('a'))
    expect(budget.free).toBe(1)
    expect(grant(budget, claimOf('b', { overhead: 1 }))).toBeUndefined()
    expect(budget.free).toBe(1)
  })

  test('divides what is short by weight', () => {
    const budget = budgetOf(12)
    const free = claimOf('free', { want: 10, weight: 1 })
    const enterprise = claimOf('enterprise', { want: 20, weight: 3 })
    const share = budget.shares([free, enterprise])
    expect([share(free), share(enterprise)]).toEqual([3, 9])
  })

  test('lets everybody have one connection at least as a share', () => {
    const claims = Array.from({ length: 30 }, (_, n) => claimOf(`p${n}`))
    expect(budgetOf(10).shares(claims)(claimOf('p0'))).toBe(1)
  })

  test('lets a grant grow by what is free, up to what was wanted', () => {
    const budget = budgetOf(6)
    grant(budget, claimOf('a', { want: 4 }))
    expect(grant(budget, claimOf('b', { want: 4 }))?.size).toBe(2)
    expect(grant(budget, claimOf('b', { want: 4 }))?.size).toBe(2)
    budget.shrink(claimOf('a'), 0)
    expect(grant(budget, claimOf('b', { want: 4 }))?.size).toBe(4)
  })

  test('takes back in part and as a whole, and never gives by it', () => {
    const budget = budgetOf(10)
    grant(budget, claimOf('a'))
    budget.shrink(claimOf('a'), 2)
    expect(budget.granted).toBe(2)
    budget.shrink(claimOf('a'), 4)
    expect(budget.granted).toBe(2)
    budget.shrink(claimOf('a'), 0)
    expect(budget.granted).toBe(0)
    budget.shrink(claimOf('a'), 0)
    expect(budget.granted).toBe(0)
  })

  test('forgets what nobody has renewed for 90 s', () => {
    const budget = budgetOf(10)
    grant(budget, claimOf('a'))
    grant(budget, claimOf('b'))
    const b = budget.find(claimOf('b'))
    if (b) budget.renew(b, 60_000)
    budget.expire(GRANT_MS - 1)
    expect(budget.granted).toBe(10)
    budget.expire(GRANT_MS)
    expect([...budget.grants()].map(({ pool }) => pool)).toEqual(['b'])
  })

  test('lets what an earlier life of a host had lapse soon after a later one has spoken', () => {
    const budget = budgetOf(10)
    grant(budget, claimOf('a'))
    budget.succeed('host-a', 'i1', 1_000)
    budget.expire(1_000 + SUCCEEDED_MS)
    expect(budget.granted).toBe(5)
    budget.succeed('host-a', 'i2', 1_000)
    budget.expire(1_000 + SUCCEEDED_MS - 1)
    expect(budget.granted).toBe(5)
    budget.expire(1_000 + SUCCEEDED_MS)
    expect(budget.granted).toBe(0)
  })

  test('takes in a pool that opened without it, with as much as there is', () => {
    const budget = budgetOf(6)
    grant(budget, claimOf('a'))
    expect(budget.adopt(claimOf('b'), 3, 0)?.size).toBe(1)
    expect(budget.adopt(claimOf('c'), 1, 0)).toBeUndefined()
  })

  test('grants nothing while more is granted than the server takes now', () => {
    const budget = budgetOf(10)
    grant(budget, claimOf('a'))
    budget.limit = 3
    expect(grant(budget, claimOf('b'))).toBeUndefined()
    expect(grant(budget, claimOf('a'))?.size).toBe(5)
    budget.shrink(claimOf('a'), 2)
    expect(grant(budget, claimOf('b'))?.size).toBe(1)
  })

  test('gives every change a revision that is newer than all before, after a reset too', () => {
    const stored = new Map<string, Grant>()
    const options = { limit: 10, onPut: (one: Grant) => stored.set(one.pool, one) }
    const before = new Budget(options)
    const first = grant(before, claimOf('a', { want: 2 }), 100)
    const after = new Budget({ ...options, grants: stored.values() })
    const second = grant(after, claimOf('b'), 50)
    expect(second?.revision).toBeGreaterThan(first?.revision ?? 0)
  })
})

const pool = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const instance = fc.constantFrom('i1', 'i2')
const size = fc.integer({ min: 0, max: 9 })
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      pool,
      instance,
      want: fc.integer({ min: 1, max: 9 }),
      weight: fc.integer({ min: 1, max: 8 }),
      overhead: fc.integer({ min: 0, max: 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('adopt' as const), pool, instance, size }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('shrink' as const), pool, instance, size }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('renew' as const), pool, instance }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('succeed' as const), pool, instance }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A budget whose grants are stored, and that is reset now and then. */
class Stored {
  readonly #limit: number
  readonly stored = new Map<string, Grant>()
  budget: Budget
  now = 0

  constructor(limit: number) {
    this.#limit = limit
    this.budget = this.#load()
  }

  run(now: Step): void {
    const { budget } = this
    if (now.do === 'wait') this.now += now.ms
    else if (now.do === 'reset') this.budget = this.#load()
    else {
      const claim = claimOf(now.pool, now)
      const current = budget.find(claim)
      if (now.do === 'grant') grant(budget, claim, this.now)
      else if (now.do === 'adopt' && !current && now.size > 0) budget.adopt(claim, now.size, this.now)
      else if (now.do === 'shrink') budget.shrink(claim, now.size)
      else if (now.do === 'renew' && current) budget.renew(current, this.now)
      else if (now.do === 'succeed') budget.succeed(claim.host, claim.instance, this.now)
    }
    budget.expire(this.now)
  }

  #load(): Budget {
    return new Budget({
      limit: this.#limit,
      grants: this.stored.values(),
      onPut: (one) => this.stored.set(`${one.pool} ${one.instance}`, one),
      onDelete: (one) => this.stored.delete(`${one.pool} ${one.instance}`),
    })
  }
}

test('whatever is claimed, returned, lapses or is forgotten in whatever order, what is granted stays in the budget', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }),
      (limit, steps) => {
        const world = new Stored(limit)
        for (const now of steps) {
          world.run(now)
          const grants = [...world.budget.grants()]
          expect(sumOf(grants)).toBe(world.budget.granted)
          expect(world.budget.granted).toBeLessThanOrEqual(limit)
          expect(sumOf(world.stored.values())).toBe(world.budget.granted)
          for (const one of grants) {
            expect(one.size).toBeGreaterThanOrEqual(1)
            expect(one.expiresAt).toBeGreaterThan(world.now)
          }
        }
      },
    ),
    { numRuns: 500 },
  )
})
