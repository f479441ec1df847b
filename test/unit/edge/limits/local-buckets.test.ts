import { expect, test } from 'vitest'
import { LocalBuckets } from '../../../../src/edge/limits/local-buckets.ts'

const MINUTE_MS = 60_000

test('a bucket lets its whole limit through at once and then one request per token', () => {
  const buckets = new LocalBuckets(60, MINUTE_MS)
  const take = (now: number) => buckets.take('acme', now)
  const first = Array.from({ length: 61 }, () => take(0))
  expect(first.filter((quota) => quota.passed)).toHaveLength(60)
  expect(first[0]).toMatchObject({ limit: 60, remaining: 59 })
  expect(first.at(-1)).toEqual({ passed: false, limit: 60, remaining: 0, resetAt: 1_000 })
  expect(take(999).passed).toBe(false)
  expect(take(1_000).passed).toBe(true)
  expect(take(1_000).passed).toBe(false)
})

test('a bucket never holds more than its limit, however long it rests', () => {
  const buckets = new LocalBuckets(5, MINUTE_MS)
  buckets.take('acme', 0)
  const later = Array.from({ length: 10 }, () => buckets.take('acme', 100 * MINUTE_MS))
  expect(later.filter((quota) => quota.passed)).toHaveLength(5)
})

test('one key takes nothing from another, and a look takes nothing at all', () => {
  const buckets = new LocalBuckets(1, MINUTE_MS)
  expect(buckets.look('a', 0)).toMatchObject({ passed: true, remaining: 1 })
  expect(buckets.take('a', 0).passed).toBe(true)
  expect(buckets.look('a', 0).passed).toBe(false)
  expect(buckets.take('a', 0).passed).toBe(false)
  expect(buckets.take('b', 0).passed).toBe(true)
})

test('a clock that goes back gives nothing, then or later', () => {
  const buckets = new LocalBuckets(2, MINUTE_MS)
  buckets.take('a', 10_000)
  expect(buckets.take('a', 0)).toMatchObject({ passed: true, remaining: 0 })
  expect(buckets.take('a', 10_000)).toMatchObject({ passed: false })
})
