import { expect, test } from 'vitest'
import { LocalBuckets } from '../../../../src/edge/limits/local-buckets.ts'

const MINUTE_MS = 60_000

test('a bucket lets its whole limit through at once and then one request per token', () => {
  const buckets = new LocalBuckets()
  const take = (now: number) => buckets.take('acme', 60, MINUTE_MS, now)
  const first = Array.from({ length: 61 }, () => take(0))
  expect(first.filter((quota) => quota.passed)).toHaveLength(60)
  expect(first[0]).toMatchObject({ limit: 60, remaining: 59 })
  expect(first.at(-1)).toEqual({ passed: false, limit: 60, remaining: 0, resetAt: 1_000 })
  expect(take(999).passed).toBe(false)
  expect(take(1_000).passed).toBe(true)
  expect(take(1_000).passed).toBe(false)
})

test('a bucket never holds more than its limit, however long it rests', () => {
  const buckets = new LocalBuckets()
  buckets.take('acme', 5, MINUTE_MS, 0)
  const later = Array.from({ length: 10 }, () => buckets.take('acme', 5, MINUTE_MS, 100 * MINUTE_MS))
  expect(later.filter((quota) => quota.passed)).toHaveLength(5)
})

test('one key takes nothing from another', () => {
  const buckets = new LocalBuckets()
  expect(buckets.take('a', 1, MINUTE_MS, 0).passed).toBe(true)
  expect(buckets.take('a', 1, MINUTE_MS, 0).passed).toBe(false)
  expect(buckets.take('b', 1, MINUTE_MS, 0).passed).toBe(true)
})

test('a clock that goes back gives and takes nothing', () => {
  const buckets = new LocalBuckets()
  buckets.take('a', 2, MINUTE_MS, 10_000)
  expect(buckets.take('a', 2, MINUTE_MS, 0)).toMatchObject({ passed: true, remaining: 0 })
})
