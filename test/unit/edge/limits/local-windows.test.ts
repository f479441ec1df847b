import { expect, test } from 'vitest'
import { LocalWindows } from '../../../../src/edge/limits/local-windows.ts'

const MINUTE_MS = 60_000

const passedOf = (windows: LocalWindows, times: number, now: number) =>
  Array.from({ length: times }, () => windows.take('acme', now)).filter(({ passed }) => passed).length

test.each([false, true])('a window lets its limit through and no more, sliding: %j', (slides) => {
  const windows = new LocalWindows(60, MINUTE_MS, slides)
  expect(windows.look('acme', 0)).toEqual({ passed: true, limit: 60, remaining: 60, resetAt: MINUTE_MS })
  expect(passedOf(windows, 100, 0)).toBe(60)
  expect(windows.take('acme', 59_999)).toEqual({ passed: false, limit: 60, remaining: 0, resetAt: MINUTE_MS })
  expect(windows.take('globex', 0).passed).toBe(true)
})

test('a fixed window begins anew', () => {
  const windows = new LocalWindows(60, MINUTE_MS, false)
  passedOf(windows, 60, 0)
  expect(passedOf(windows, 100, MINUTE_MS)).toBe(60)
})

test('a sliding window gives back as much of the one before as is a window ago', () => {
  const windows = new LocalWindows(60, MINUTE_MS, true)
  passedOf(windows, 60, 0)
  expect(passedOf(windows, 100, MINUTE_MS)).toBe(0)
  expect(passedOf(windows, 100, 1.5 * MINUTE_MS)).toBe(30)
  expect(passedOf(windows, 100, 3 * MINUTE_MS)).toBe(60)
})

test('a clock that goes back gives nothing', () => {
  const windows = new LocalWindows(2, MINUTE_MS, false)
  expect(passedOf(windows, 5, MINUTE_MS)).toBe(2)
  expect(passedOf(windows, 5, MINUTE_MS - 1)).toBe(0)
})
