/**
 * Upper bounds of the buckets, in ms, each inclusive; a last bucket takes what is above. Six steps a decade, each at
 * most two thirds above the one before, down to single milliseconds, finer than which no clock here tells. What
 * OpenTelemetry advises for `db.client.connection.wait_time` and `use_time` (1 ms to 10 s,
 * opentelemetry.io/docs/specs/semconv/database/database-metrics) is among them, so that its histograms can be printed
 * without a guess. The bucket of 0 is for what did not wait at all: a Worker's clock stands still while code computes.
 * Reports carry counts without bounds: other bounds need another field.
 */
export const BOUNDS_MS: readonly number[] = [
  ...[0, 1, 2, 3, 5, 7],
  ...[10, 15, 20, 30, 50, 70],
  ...[100, 150, 200, 300, 500, 700],
  ...[1_000, 1_500, 2_000, 3_000, 5_000, 7_000],
  ...[10_000, 15_000, 20_000, 30_000, 50_000, 70_000, 100_000],
]

/** What a histogram has counted, as plain data. Only ever grows. */
export interface Buckets {
  /** How many values each bucket of `BOUNDS_MS` took, the one above them last; empty ones at the end are left out. */
  readonly counts: readonly number[]
  /** Sum of the values, in ms. */
  readonly sum: number
}

export const NO_BUCKETS: Buckets = Object.freeze({ counts: Object.freeze([]), sum: 0 })

/** Counts durations into fixed buckets: its memory is constant, and a value costs some nanoseconds. */
export class Histogram {
  readonly #counts: number[] = Array.from({ length: BOUNDS_MS.length + 1 }, () => 0)
  #sum = 0

  /** Takes a duration in ms. One below 0, of a clock that was set back, counts as 0. */
  record(ms: number): void {
    let bucket = 0
    while (ms > (BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    if (ms > 0) this.#sum += ms
  }

  /** What was counted up to now. */
  buckets(): Buckets {
    const used = this.#counts.findLastIndex((count) => count > 0) + 1
    return { counts: this.#counts.slice(0, used), sum: this.#sum }
  }
}

/** What `a` and `b` have counted together; a missing one has counted nothing. */
export function addBuckets(a?: Buckets, b?: Buckets): Buckets {
  return mergeBuckets(a, b, (one, other) => one + other)
}

/** The buckets of `a` and `b`, number by number; a missing one has counted nothing. */
export function mergeBuckets(
  a: Buckets = NO_BUCKETS,
  b: Buckets = NO_BUCKETS,
  merge: (one: number, other: number) => number,
): Buckets {
  const length = Math.max(a.counts.length, b.counts.length)
  const counts = Array.from({ length }, (_, bucket) => merge(a.counts[bucket] ?? 0, b.counts[bucket] ?? 0))
  return { counts, sum: merge(a.sum, b.sum) }
}

/** Milliseconds that half, 95 % and 99 % of the values stay within; `null` while there is no value. */
export interface Percentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export function percentiles(buckets: Buckets = NO_BUCKETS): Percentiles {
  return { p50: percentile(buckets, 50), p95: percentile(buckets, 95), p99: percentile(buckets, 99) }
}

/**
 * The bound, in ms, of the bucket with the value that `percent` of all values do not exceed: never less than that
 * value, and less than one bucket more. For a value above every bound it is the highest bound, as in Prometheus.
 */
function percentile({ counts }: Buckets, percent: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = Math.ceil((total * percent) / 100)
  let seen = 0
  const bucket = counts.findIndex((count) => {
    seen += count
    return seen >= rank
  })
  return BOUNDS_MS[bucket] ?? Math.max(...BOUNDS_MS)
}
