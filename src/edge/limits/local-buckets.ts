import { LruMap } from '../../lru-map.ts'
import type { OwnCount } from './own-count.ts'
import type { Quota } from './quota.ts'

/** Keys that an isolate counts by itself. */
const MAX_BUCKETS = 10_000

interface Bucket {
  readonly tokens: number
  readonly at: number
}

/** Token buckets of one limit in one isolate: each holds `limit` tokens and fills up evenly in `windowMs`. */
export class LocalBuckets implements OwnCount {
  readonly #limit: number
  readonly #tokenMs: number
  readonly #buckets = new LruMap<string, Bucket>(MAX_BUCKETS)

  constructor(limit: number, windowMs: number) {
    this.#limit = limit
    this.#tokenMs = windowMs / limit
  }

  look(key: string, now: number): Quota {
    const tokens = this.#tokensOf(key, now)
    return this.#quota(tokens >= 1, tokens, now)
  }

  take(key: string, now: number): Quota {
    const tokens = this.#tokensOf(key, now)
    const passed = tokens >= 1
    const left = passed ? tokens - 1 : tokens
    // A clock that went back gives no time twice.
    const at = Math.max(now, this.#buckets.get(key)?.at ?? now)
    this.#buckets.set(key, { tokens: left, at })
    return this.#quota(passed, left, now)
  }

  #tokensOf(key: string, now: number): number {
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: this.#limit, at: now }
    return Math.min(this.#limit, tokens + Math.max(0, now - at) / this.#tokenMs)
  }

  #quota(passed: boolean, tokens: number, now: number): Quota {
    const remaining = Math.floor(tokens)
    const resetAt = Math.ceil(now + (remaining + 1 - tokens) * this.#tokenMs)
    return { passed, limit: this.#limit, remaining, resetAt }
  }
}
