import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RestedThread } from '../../../src/sign-in/rested-thread.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const threadOf = () =>
  new RestedThread({ now: Date.now, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) })

test('pieces of work never overlap, and between two the thread is free for as long as the first took', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ afterMs: fc.nat(400), tookMs: fc.integer({ min: 1, max: 300 }) }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (pieces) => {
        const thread = threadOf()
        const held: { from: number; to: number }[] = []
        const running = pieces.map(async ({ afterMs, tookMs }) => {
          await new Promise((done) => setTimeout(done, afterMs))
          await thread.run(() => {
            const from = Date.now()
            vi.setSystemTime(from + tookMs)
            held.push({ from, to: from + tookMs })
          })
        })
        await vi.runAllTimersAsync()
        await Promise.all(running)
        expect(held).toHaveLength(pieces.length)
        held.forEach(({ from }, n) => {
          const before = held[n - 1]
          if (before) expect(from - before.to).toBeGreaterThanOrEqual(before.to - before.from)
        })
      },
    ),
    { numRuns: 100 },
  )
})

test('the next piece begins when the thread has rested, and not much later', async () => {
  const thread = threadOf()
  const startedAt: number[] = []
  const piece = () =>
    thread.run(() => {
      startedAt.push(Date.now())
      vi.setSystemTime(Date.now() + 100)
    })
  const both = Promise.all([piece(), piece(), piece()])
  await vi.runAllTimersAsync()
  await both
  for (const gap of [startedAt[1] ?? 0, startedAt[2] ?? 0].map((at, n) => at - (startedAt[n] ?? 0))) {
    expect(gap).toBeGreaterThanOrEqual(200)
    expect(gap).toBeLessThanOrEqual(240)
  }
})

test('work that fails rests as well, and its failure is the caller’s', async () => {
  const thread = threadOf()
  const failing = thread.run(() => {
    vi.setSystemTime(Date.now() + 100)
    throw new Error('no hash')
  })
  const failed = expect(failing).rejects.toThrow('no hash')
  const startedAt: number[] = []
  const next = thread.run(() => void startedAt.push(Date.now()))
  await vi.runAllTimersAsync()
  await failed
  await next
  expect(startedAt[0]).toBeGreaterThanOrEqual(1_000_200)
})
