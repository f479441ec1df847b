import { expect, test } from 'vitest'
import { refillOf } from '../../../../src/edge/limits/algorithm.ts'

test.each([
  [60, { tokens: 1, everyMs: 1_000 }],
  [100, { tokens: 1, everyMs: 600 }],
  [1200, { tokens: 20, everyMs: 1_000 }],
  [6000, { tokens: 100, everyMs: 1_000 }],
  [1, { tokens: 1, everyMs: 60_000 }],
])('a bucket of %d a minute gets its tokens evenly', (limit, refill) => {
  expect(refillOf(limit, 60_000)).toEqual(refill)
})

test('no bucket gets more than its limit in a window, and none a hundredth less', () => {
  for (let limit = 1; limit < 20_000; limit += 37) {
    const { tokens, everyMs } = refillOf(limit, 60_000)
    const perMinute = (tokens * 60_000) / everyMs
    expect(perMinute).toBeLessThanOrEqual(limit)
    expect(perMinute).toBeGreaterThan(limit * 0.99)
  }
})
