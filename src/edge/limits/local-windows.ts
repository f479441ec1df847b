import { LruMap } from '../../lru-map.ts'
import type { OwnCount } from './own-count.ts'
import type { Quota } from './quota.ts'

/** Keys that an isolate counts by itself. */
const MAX_KEYS = 10_000

interface Counted {
  /** The number of the window. */
  readonly window: number
  readonly requests: number
  /** In the window before. */
  readonly before: number
}

/**
 * Windows of one limit in one isolate, which begin at the same moments as those in Redis. A sliding one adds the part of
 * the window before that is not over a window ago, as Upstash's does (@upstash/ratelimit 2.2.0, src/lua-scripts/single.ts).
 */
export class LocalWindows implements OwnCount {
  readonly #limit: number
  readonly #windowMs: number
  readonly #slides: boolean
  readonly #counted = new LruMap<string, Counted>(MAX_KEYS)

  constructor(limit: number, windowMs: number, slides: boolean) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#slides = slides
  }

  look(key: string, now: number): Quota {
    const counted = this.#at(key, now)
    const left = this.#leftOf(counted, now)
    return this.#quota(left > 0, left, counted)
  }

  take(key: string, now: number): Quota {
    const counted = this.#at(key, now)
    const left = this.#leftOf(counted, now)
    if (left <= 0) return this.#quota(false, left, counted)
    this.#counted.set(key, { ...counted, requests: counted.requests + 1 })
    return this.#quota(true, left - 1, counted)
  }

  #at(key: string, now: number): Counted {
    const window = Math.floor(now / this.#windowMs)
    const known = this.#counted.get(key)
    // A clock that went back counts on in the window that it was in.
    if (known && known.window >= window) return known
    return { window, requests: 0, before: known?.window === window - 1 ? known.requests : 0 }
  }

  #leftOf({ window, requests, before }: Counted, now: number): number {
    const past = this.#slides ? Math.min(1, Math.max(0, now / this.#windowMs - window)) : 1
    return this.#limit - requests - Math.floor((1 - past) * before)
  }

  #quota(passed: boolean, left: number, { window }: Counted): Quota {
    const resetAt = (window + 1) * this.#windowMs
    return { passed, limit: this.#limit, remaining: Math.max(0, left), resetAt }
  }
}
