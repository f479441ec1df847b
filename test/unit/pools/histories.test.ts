import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../support/clock.ts'
import type { FakeEngine } from '../support/engine.ts'
import { History, operate } from '../support/history.ts'
import { FakeHost } from '../support/host.ts'
import { FakeMongo } from '../support/mongo-engine.ts'
import { FakePostgres } from '../support/postgres-engine.ts'
import { FakeQuota } from '../support/quota.ts'

const index = fc.nat({ max: 9 })
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      timeoutMs: fc.constantFrom(50, 400, 5_000, 60_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), index }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      index,
      broken: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 49, 1_000, 10_000, 35_000, 61_000, 900_000),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('open' as const), index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fail' as const), index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), key: fc.constantFrom('a', 'b') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('operate' as const), index }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('grant' as const), index, size: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('recall' as const),
      index,
      keep: fc.integer({ min: 0, max: 3 }),
      onlyIfUnused: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('more' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const setting = fc
  .record({
    maxSize: fc.integer({ min: 1, max: 4 }),
    fill: fc.double({ min: 0, max: 1, noNaN: true }),
    maxWaiting: fc.integer({ min: 1, max: 8 }),
    maxPools: fc.integer({ min: 2, max: 4 }),
  })
  .map(({ fill, ...rest }) => ({ ...rest, minSize: Math.round(fill * rest.maxSize) }))

async function run(
  history: History,
  { maxWaiting, ...spec }: Parameters<History['ask']>[1] & { readonly maxWaiting: number },
  now: Step,
): Promise<void> {
  const { cache, clock, engine } = history.host
  const opening =
    'index' in now ? engine.openings[now.index % Math.max(1, engine.openings.length)] : undefined
  switch (now.do) {
    case 'ask':
      return history.ask(now.key, spec, { ...now, maxWaiting })
    case 'abort':
      return history.asked
        .filter(({ answer }) => answer === undefined)
        .at(now.index)
        ?.caller.abort()
    case 'release':
      return history.release(now.index, now.broken)
    case 'wait':
      return clock.advance(now.ms)
    case 'open':
      return opening?.succeed()
    case 'fail':
      return opening?.fail()
    case 'cut':
      for (const connection of engine.pools.at(-1 - now.index)?.connections ?? []) connection.dead = true
      return
    case 'close':
      void cache.close(now.key)
      return
    case 'grant':
      return history.quota.grant(now.index, now.size)
    case 'more':
      return history.quota.grantMore(cache)
    case 'recall': {
      const pools = cache.statistics()
      const pool = pools[now.index % Math.max(1, pools.length)]
      if (pool) cache.recall(pool.id, now.keep, now.onlyIfUnused)
      return
    }
    case 'operate':
      operate(history.out[now.index]).catch(() => {})
  }
}

const engines: readonly [string, () => FakeEngine, number][] = [
  ['a driver like Postgres', () => new FakePostgres(), 4],
  // Operations open connections whenever they find none free: what is bounded there is how many may.
  ['a driver like MongoDB', () => new FakeMongo(), Number.POSITIVE_INFINITY],
]

for (const [name, engine, bound] of engines) {
  test(`whatever happens in whatever order, ${name} is never asked for too much and nothing is left over`, async () => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
        async ({ maxPools, ...spec }, steps) => {
          const clock = new FakeClock()
          const quota = new FakeQuota(clock)
          const history = new History(
            new FakeHost({ clock, quota, maxPools, drainMs: 20_000 }, engine()),
            quota,
          )
          for (const now of steps) {
            await run(history, spec, now)
            await history.check()
            expect(history.host.engine.openings.length).toBeLessThanOrEqual(bound)
          }
          await history.end()
        },
      ),
      { numRuns: 400 },
    )
  }, 30_000)
}
