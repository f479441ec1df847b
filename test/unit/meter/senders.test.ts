import { expect, test } from 'vitest'
import { Senders } from '../../../src/meter/senders.ts'

test('a delivery that comes a second time is told from a new one', () => {
  const senders = new Senders()
  expect(senders.note({ isolate: 'a', sequence: 1 }, 5)).toEqual({ isolate: 'a', sequence: 1, at: 5 })
  expect(senders.note({ isolate: 'a', sequence: 1 }, 6)).toBeUndefined()
  expect(senders.note({ isolate: 'b', sequence: 1 }, 6)).toBeDefined()
  expect(senders.note({ isolate: 'a', sequence: 2 }, 7)).toBeDefined()
})

test('what was delivered before a reset is known after it', () => {
  const senders = new Senders([{ isolate: 'a', sequence: 3, at: 1 }])
  expect(senders.note({ isolate: 'a', sequence: 3 }, 2)).toBeUndefined()
})

test.each([
  [1, 2_000],
  [40, 2_000],
  [100, 5_000],
  [1_000, 20_000],
])('%i isolates deliver every %i ms each', (count, ms) => {
  const senders = new Senders()
  for (let n = 0; n < count; n++) senders.note({ isolate: `${n}`, sequence: 1 }, 0)
  expect(senders.intervalMs(60_000)).toBe(ms)
  expect(senders.intervalMs(60_001)).toBe(2_000)
})

test('an isolate is forgotten a day after its last delivery', () => {
  const senders = new Senders([{ isolate: 'old', sequence: 1, at: 0 }])
  expect(senders.forgetSilent(24 * 3_600_000)).toEqual([])
  expect(senders.forgetSilent(24 * 3_600_000 + 1)).toEqual(['old'])
})
