import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Checkout } from '../../../src/engines/engine.ts'
import { settle } from '../support/clock.ts'
import { CONNECT_TIMEOUT_MS, startedPool } from '../support/postgres-pool.ts'

const index = fc.nat({ max: 9 })
const size = fc.integer({ min: 1, max: 5 })
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('checkout' as const) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('release' as const), index, keep: fc.boolean() }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('answer' as const), index }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('grow' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resize' as const), size }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retire' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fail' as const), index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), index }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 1_000, 7_000, CONNECT_TIMEOUT_MS, 61_000, 600_000),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A pool, who holds and who awaits a connection of it, and what it may have. */
class History {
  readonly started
  readonly held: Checkout[] = []
  awaiting = 0
  maxSize: number

  constructor(maxSize: number, minSize: number) {
    this.maxSize = maxSize
    this.started = startedPool({ maxSize, minSize, maxUses: 5 })
    this.started.driver.isHeld = true
  }

  async run(now: Step): Promise<void> {
    const { pool, clock, driver } = this.started
    const at = <T>(list: readonly T[]): T | undefined =>
      'index' in now ? list[now.index % Math.max(1, list.length)] : undefined
    const before = driver.clients.length
    switch (now.do) {
      case 'checkout':
        this.#checkout()
        break
      case 'release': {
        const checkout = at(this.held)
        if (!checkout) break
        this.held.splice(this.held.indexOf(checkout), 1)
        // It waits for what is asked on it.
        void checkout.release(now.keep)
        break
      }
      case 'answer':
        at(driver.live.filter(({ questions }) => questions.length > 0))?.answer()
        break
      case 'grow':
        if (driver.live.length < this.maxSize) void pool.grow().catch(() => {})
        break
      case 'resize':
        this.maxSize = now.size
        pool.resize(now.size)
        break
      case 'retire':
        await pool.retireFree()
        break
      case 'fail':
        at(driver.live)?.fail()
        break
      case 'ask':
        at(this.held)
          ?.ping(3_000)
          .catch(() => {})
        break
      case 'wait':
        await clock.advance(now.ms)
    }
    await settle()
    if (driver.clients.length > before) expect(driver.live.length).toBeLessThanOrEqual(this.maxSize)
  }

  check(): void {
    const { pool, driver, told } = this.started
    const { size, free, used } = pool.counts()
    expect(size, 'what is told does not add up').toBe(told.opened.length - told.closed)
    expect(free + used).toBe(size)
    expect(used, 'a connection is free twice').toBeGreaterThanOrEqual(0)
    const opening = driver.live.length - size
    expect(opening, 'an ended connection counts as open').toBeGreaterThanOrEqual(0)
    const canServe = free > 0 || driver.live.length < this.maxSize
    if (canServe) expect(this.awaiting, 'somebody waits for nothing').toBeLessThanOrEqual(opening)
  }

  async end(): Promise<void> {
    const { pool, clock, driver, told } = this.started
    const closed = pool.close(false)
    driver.isHeld = false
    for (const client of driver.live) while (client.questions.length > 0) client.answer()
    await settle()
    for (const { release } of this.held.splice(0)) await release(true)
    await closed
    await settle()
    expect(this.awaiting).toBe(0)
    expect(driver.live).toEqual([])
    expect(pool.counts()).toEqual({ size: 0, free: 0, used: 0 })
    expect(told.closed).toBe(told.opened.length)
    expect(clock.timers, 'a time-out is left').toBe(0)
  }

  #checkout(): void {
    this.awaiting++
    this.started.pool
      .checkout()
      .then((checkout) => this.held.push(checkout))
      .catch(() => {})
      .finally(() => this.awaiting--)
  }
}

test('whatever happens in whatever order, the counts are right, no connection is too many and nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      size,
      fc.nat({ max: 3 }),
      fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
      async (maxSize, minSize, steps) => {
        const history = new History(maxSize, minSize)
        for (const now of steps) {
          await history.run(now)
          history.check()
        }
        await history.end()
      },
    ),
    { numRuns: 300 },
  )
}, 30_000)
