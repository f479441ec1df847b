import { expect, test } from 'vitest'
import { StrategyCache } from '../../../src/edge/strategy-cache.ts'
import type { Strategy } from '../../../src/tenants/strategy.ts'
import { FakeClock, settle } from '../support/clock.ts'

/** A cache, a Ledger that answers when and as the test says, and what went on. */
function cached() {
  const clock = new FakeClock()
  const reads: PromiseWithResolvers<Strategy>[] = []
  const unread: Strategy[] = []
  const background: Promise<unknown>[] = []
  const cache = new StrategyCache({ clock, onUnread: (inForce) => unread.push(inForce) })
  const current = () =>
    cache.current({
      read() {
        const read = Promise.withResolvers<Strategy>()
        reads.push(read)
        return read.promise
      },
      waitUntil: (task) => background.push(task),
    })
  /** A cache that knows `strategy` already. */
  async function warm(strategy: Strategy): Promise<void> {
    const first = current()
    reads[0]?.resolve(strategy)
    await first
  }
  return { background, clock, current, reads, unread, warm }
}

test('the first requests wait for the Ledger, each for its own answer', async () => {
  const { current, reads } = cached()
  const [one, two] = [current(), current()]
  expect(reads).toHaveLength(2)
  reads[1]?.resolve('dedicated')
  expect(await two).toBe('dedicated')
  reads[0]?.resolve('dedicated')
  expect(await one).toBe('dedicated')
})

test('a later request waits for nobody, and asks nobody for five seconds', async () => {
  const { background, clock, current, reads, warm } = cached()
  await warm('shared')
  await clock.advance(4_999)
  expect(await current()).toBe('shared')
  expect([reads.length, background.length]).toEqual([1, 0])
})

test('what is five seconds old goes on while one request of many has it asked for again', async () => {
  const { background, clock, current, reads, warm } = cached()
  await warm('shared')
  await clock.advance(5_000)
  expect(await Promise.all([current(), current(), current()])).toEqual(['shared', 'shared', 'shared'])
  expect([reads.length, background.length]).toEqual([2, 1])
  reads[1]?.resolve('grouped')
  await Promise.all(background)
  expect(await current()).toBe('grouped')
})

test.each(['refuses', 'hangs'])(
  'a Ledger that %s changes nothing, and is asked again five seconds later',
  async (how) => {
    const { background, clock, current, reads, unread, warm } = cached()
    await warm('dedicated')
    await clock.advance(5_000)
    await current()
    if (how === 'refuses') reads[1]?.reject(new Error('away'))
    await clock.advance(2_000)
    await Promise.all(background)
    expect(await current()).toBe('dedicated')
    expect([reads.length, unread]).toEqual([2, ['dedicated']])
    await clock.advance(3_000)
    await current()
    expect(reads).toHaveLength(3)
    reads[1]?.resolve('shared')
    await settle()
    expect(await current()).toBe('dedicated')
  },
)

test('tenants are grouped where the Ledger has never answered, after two seconds, and until it does', async () => {
  const { background, clock, current, reads, unread } = cached()
  const first = current()
  await clock.advance(2_000)
  expect(await first).toBe('grouped')
  expect(await current()).toBe('grouped')
  expect([reads.length, unread]).toEqual([1, ['grouped']])
  await clock.advance(3_000)
  await current()
  reads[1]?.resolve('shared')
  await Promise.all(background)
  expect(await current()).toBe('shared')
  expect(clock.timers).toBe(0)
})
