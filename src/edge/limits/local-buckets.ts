import { LruMap } from '../../lru-map.ts'
import type { Quota } from './quota.ts'

/** Keys that an isolate counts by itself. */
const MAX_BUCKETS = 10_000

interface Bucket {
  tokens: number
  at: number
}

/** Token buckets in one isolate: what limits requests while Redis cannot. Each isolate lets a whole limit through. */
export class LocalBuckets {
  readonly #buckets = new LruMap<string, Bucket>(MAX_BUCKETS)

  /** Counts one request of `key` against a bucket of `limit` that fills up in `windowMs`. */
  take(key: string, limit: number, windowMs: number, now: number): Quota {
    const tokenMs = windowMs / limit
    const bucket = this.#buckets.get(key) ?? { tokens: limit, at: now }
    const tokens = Math.min(limit, bucket.tokens + Math.max(0, now - bucket.at) / tokenMs)
    const passed = tokens >= 1
    const left = passed ? tokens - 1 : tokens
    this.#buckets.set(key, { tokens: left, at: now })
    const remaining = Math.floor(left)
    return { passed, limit, remaining, resetAt: Math.ceil(now + (remaining + 1 - left) * tokenMs) }
  }
}
