import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deadlines } from '../../src/deadlines.ts'
import { FakeClock } from './support/clock.ts'

function started() {
  const clock = new FakeClock()
  const ran: string[] = []
  const deadlines = new Deadlines(clock)
  const after = (ms: number, name: string) => deadlines.after(ms, () => void ran.push(name))
  return { clock, deadlines, ran, after }
}

test('each task runs at its time, whichever was asked for first', async () => {
  const { clock, ran, after } = started()
  after(300, 'late')
  after(100, 'early')
  await clock.advance(99)
  expect(ran).toEqual([])
  await clock.advance(1)
  expect(ran).toEqual(['early'])
  await clock.advance(200)
  expect(ran).toEqual(['early', 'late'])
})

test('what is cancelled does not run, by a task of the same moment too', async () => {
  const { clock, deadlines, ran, after } = started()
  after(100, 'cancelled')()
  const cancel: (() => void)[] = []
  deadlines.after(100, () => cancel[0]?.())
  cancel.push(after(100, 'cancelled by another'))
  await clock.advance(1_000)
  expect(ran).toEqual([])
})

test('however many wait, there is one timer; when nobody waits it can rest', async () => {
  const { clock, deadlines, after } = started()
  const cancels = Array.from({ length: 100 }, (_, n) => after(30_000 + n, `${n}`))
  expect(clock.timers).toBe(1)
  deadlines.rest()
  expect(clock.timers).toBe(1)
  for (const cancel of cancels) cancel()
  expect(clock.timers).toBe(0)
  after(100, 'later')()
  expect(clock.timers).toBe(1)
})

test('nobody waits for more, and the timer is not set again', async () => {
  const { clock, after } = started()
  after(100, 'cancelled')()
  await clock.advance(100)
  expect(clock.timers).toBe(0)
})

test('whatever is asked for and cancelled, everything else runs at its very time and nothing twice', async () => {
  const asking = fc.record({
    at: fc.integer({ min: 0, max: 50 }),
    ms: fc.integer({ min: 0, max: 50 }),
    cancelledAfter: fc.option(fc.integer({ min: 0, max: 60 })),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(asking, { maxLength: 12 }), async (askings) => {
      const clock = new FakeClock()
      const start = clock.now()
      const deadlines = new Deadlines(clock)
      const ran: [number, number][] = []
      const cancels = new Map<number, () => void>()
      for (let moment = 0; moment <= 120; moment++) {
        for (const [n, { at, ms, cancelledAfter }] of askings.entries()) {
          if (at === moment)
            cancels.set(
              n,
              deadlines.after(ms, () => void ran.push([n, clock.now() - start])),
            )
          if (cancelledAfter !== null && at + cancelledAfter === moment) cancels.get(n)?.()
        }
        await clock.advance(1)
      }
      const expected = askings.flatMap(({ at, ms, cancelledAfter }, n): [number, number][] =>
        cancelledAfter !== null && (cancelledAfter < ms || cancelledAfter === 0) ? [] : [[n, at + ms]],
      )
      expect(ran.toSorted(([a], [b]) => a - b)).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})
