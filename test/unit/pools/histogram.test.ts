import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addBuckets, BOUNDS_MS, type Buckets, Histogram, percentiles } from '../../../src/pools/histogram.ts'

function bucketsOf(values: readonly number[]): Buckets {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram.buckets()
}

/** Which bucket a value belongs to, found in another way than the histogram does. */
function bucketOf(value: number): number {
  return BOUNDS_MS.filter((bound) => value > bound).length
}

const highest = Math.max(...BOUNDS_MS)
const duration = fc.oneof(
  fc.constantFrom(...BOUNDS_MS, highest + 1),
  fc.nat({ max: 20 }),
  fc.nat({ max: 200_000 }),
  fc.double({ min: 0, max: 5_000, noNaN: true }),
)
const durations = fc.array(duration, { maxLength: 300 })

test('the bounds rise, and what OpenTelemetry advises is among them', () => {
  const advised = [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000]
  expect(BOUNDS_MS).toEqual(expect.arrayContaining(advised))
  expect(BOUNDS_MS).toEqual([...new Set(BOUNDS_MS)].sort((a, b) => a - b))
})

test('a value on a bound is counted below it', () => {
  expect(bucketsOf([0, 1, 1, 1.01, 3]).counts).toEqual([1, 2, 1, 1])
})

test('a clock that was set back does not make a sum smaller', () => {
  expect(bucketsOf([4, -3])).toEqual({ counts: [1, 0, 0, 0, 1], sum: 4 })
})

test('every value is counted once, in its bucket, and in the sum', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const { counts, sum } = bucketsOf(values)
      for (let bucket = 0; bucket <= BOUNDS_MS.length; bucket++) {
        expect(counts[bucket] ?? 0).toBe(values.filter((value) => bucketOf(value) === bucket).length)
      }
      expect(sum).toBeCloseTo(
        values.reduce((a, b) => a + b, 0),
        5,
      )
    }),
  )
})

test('a percentile is the bound of the bucket that the exact value is in', () => {
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b)
      const exact = (percent: number) => sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Number.NaN
      const shown = percentiles(bucketsOf(values))
      for (const [percent, value] of [
        [50, shown.p50],
        [95, shown.p95],
        [99, shown.p99],
      ] as const) {
        expect(value).toBe(BOUNDS_MS[bucketOf(exact(percent))] ?? highest)
        if (exact(percent) <= highest) expect(value).toBeGreaterThanOrEqual(exact(percent))
      }
    }),
  )
})

test('no values have no percentiles', () => {
  expect(percentiles(bucketsOf([]))).toEqual({ p50: null, p95: null, p99: null })
  expect(percentiles(undefined)).toEqual({ p50: null, p95: null, p99: null })
})

test('buckets added up are those of all the values together', () => {
  fc.assert(
    fc.property(durations, durations, (some, others) => {
      const sum = addBuckets(bucketsOf(some), bucketsOf(others))
      const all = bucketsOf([...some, ...others])
      expect(sum.counts).toEqual(all.counts)
      expect(sum.sum).toBeCloseTo(all.sum, 5)
    }),
  )
})

test('what is missing adds nothing', () => {
  const buckets = bucketsOf([0, 12, 400])
  expect(addBuckets(buckets, undefined)).toEqual(buckets)
  expect(addBuckets(undefined, buckets)).toEqual(buckets)
})

test('what was read does not change when more is counted', () => {
  const histogram = new Histogram()
  histogram.record(1)
  const before = histogram.buckets()
  histogram.record(1)
  expect(before).toEqual({ counts: [0, 1], sum: 1 })
})
