import fc from 'fast-check'
import { test } from 'vitest'
import { BudgetWorld, type Fate } from '../support/budget-world.ts'

const host = fc.constantFrom('h1', 'h2', 'h3')
const index = fc.nat({ max: 5 })
const delay = fc.constantFrom(0, 0, 1, 5, 40, 900)
const fate: fc.Arbitrary<Fate> = fc.record({
  there: delay,
  back: delay,
  lost: fc.constantFrom('no', 'no', 'no', 'no', 'no', 'no', 'there', 'back'),
})
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      host,
      want: fc.integer({ min: 1, max: 8 }),
      mongo: fc.boolean(),
      patienceMs: fc.constantFrom(100, 3_000, 30_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('use' as const), host, index, busy: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('more' as const), host, index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), host, index }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('report' as const), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset host' as const), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset ledger' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 50, 400, 1_500) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

function run(world: BudgetWorld, now: Step): void | Promise<void> {
  switch (now.do) {
    case 'open':
      return world.open(now.host, now.want, now.mongo, now.patienceMs)
    case 'use':
      return world.use(now.host, now.index, now.busy)
    case 'more':
      return world.more(now.host, now.index)
    case 'close':
      return world.close(now.host, now.index)
    case 'report':
      void world.report(now.host)
      return
    case 'reset host':
      return world.resetHost(now.host)
    case 'reset ledger':
      return world.resetLedger()
    case 'wait':
      return world.clock.advance(now.ms)
  }
}

test('however calls are late or lost and objects are reset, pools never have more together than the budget', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 14 }),
      fc.array(fate, { maxLength: 200, size: 'max' }),
      fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
      async (limit, fates, steps) => {
        const world = new BudgetWorld(limit, fates.values())
        for (const now of steps) {
          await run(world, now)
          await world.clock.advance(0)
          world.check()
        }
        await world.end()
      },
    ),
    { numRuns: 1500 },
  )
}, 60_000)
