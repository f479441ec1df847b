import { Ratelimit } from '@upstash/ratelimit'
import type { Redis } from '@upstash/redis'
import type { LimitSettings } from '../../limit-settings.ts'
import { algorithmOf } from './algorithm.ts'
import { BlockCache } from './block-cache.ts'
import type { Quota } from './quota.ts'
import { Reserve } from './reserve.ts'

/** Keys that an isolate knows to be exhausted, for each limit. */
const MAX_BLOCKED = 1_000

export interface LimiterOptions {
  readonly redis: Redis
  readonly settings: Pick<LimitSettings, 'algorithm' | 'reserve' | 'timeoutMs'>
  /** Requests a window. */
  readonly limit: number
  readonly windowMs: number
  readonly now: () => number
}

/** Lets a promise run on after the answer: `waitUntil`. */
export type KeepAlive = (promise: Promise<unknown>) => void

/**
 * One limit, for however many keys. What it keeps from request to request is plain data: every request awaits its own
 * call to Redis and nobody else's.
 */
export class Limiter {
  readonly #options: LimiterOptions
  readonly #prefix: string
  readonly #ratelimit: Ratelimit
  readonly #blocked: BlockCache
  /** Absent where every request is counted by itself. */
  readonly #reserve: Reserve | undefined

  constructor(options: LimiterOptions) {
    const { redis, settings, limit, windowMs, now } = options
    const { algorithm, reserve } = settings
    this.#options = options
    // The limit is part of the name: a request that was counted under a guessed limit leaves the real count alone.
    this.#prefix = `rockpool:limit:${algorithm}:${limit}`
    // A sliding window gives at most `limit` requests back in a window, one after the other.
    const longest = algorithm === 'sliding_window' ? Math.ceil(windowMs / limit) : Number.POSITIVE_INFINITY
    this.#blocked = new BlockCache(MAX_BLOCKED, longest, now)
    // A bucket's tokens last, so that what is held of them would be let through on top of a later minute's.
    const ahead = reserve === 'auto' && algorithm === 'token_bucket' ? 0 : reserve
    this.#reserve = ahead === 0 ? undefined : new Reserve(ahead)
    this.#ratelimit = new Ratelimit({
      redis,
      prefix: this.#prefix,
      limiter: algorithmOf(algorithm, limit, windowMs),
      ephemeralCache: this.#blocked,
      enableTelemetry: false,
      // Its own time-out lets everything through without a word; ours is the client's, and throws.
      timeout: 0,
    })
  }

  /** What this isolate can say without asking Redis: it took some requests in advance, or knows that none is left. */
  takeHere(key: string, keepAlive: KeepAlive): Quota | undefined {
    const { now } = this.#options
    const quota = this.#reserve?.take(key, now())
    if (!quota) return this.#refusal(key)
    const wanted = this.#wanted(key)
    // Nobody waits for it: if it fails, the request that finds nothing held meets the same fault itself.
    if (wanted > 0) keepAlive(this.#refill(key, wanted, keepAlive).catch(() => undefined))
    return quota
  }

  /** Counts one request in Redis. Throws what went wrong when Redis has no good answer in time. */
  async take(key: string, keepAlive: KeepAlive): Promise<Quota> {
    const { now } = this.#options
    const wanted = this.#wanted(key)
    if (wanted > 0) {
      const quota = await this.#refill(key, 1 + wanted, keepAlive, 1)
      if (quota.passed) return quota
    }
    const quota = await this.#ask(key, 1, keepAlive)
    this.#reserve?.note(key, quota, 0, this.#heldUntil(quota), now())
    this.#reserve?.made(key, now())
    return quota
  }

  /** How many requests to take in advance now. */
  #wanted(key: string): number {
    const { now, settings } = this.#options
    return this.#reserve?.wanted(key, now(), now() + settings.timeoutMs) ?? 0
  }

  /** Takes `count` at once, of which `used` are made now. A no says nothing about fewer, so it is not remembered. */
  async #refill(key: string, count: number, keepAlive: KeepAlive, used = 0): Promise<Quota> {
    const { now } = this.#options
    try {
      const quota = await this.#ask(key, count, keepAlive)
      if (quota.passed) {
        this.#reserve?.note(key, quota, count - used, this.#heldUntil(quota), now())
        if (used > 0) this.#reserve?.made(key, now())
      } else this.#blocked.delete(`${this.#prefix}:${key}`)
      return { ...quota, remaining: quota.remaining + count - used }
    } finally {
      this.#reserve?.settle(key)
    }
  }

  async #ask(key: string, count: number, keepAlive: KeepAlive): Promise<Quota> {
    const { success, limit, remaining, reset, pending } = await this.#ratelimit.limit(key, { rate: count })
    keepAlive(pending)
    // A script's answer is what the server says it is: another shape must neither pass nor block anybody.
    if (![limit, remaining, reset].every(Number.isFinite)) {
      this.#blocked.delete(`${this.#prefix}:${key}`)
      throw new TypeError('not the answer of a limiter')
    }
    return { passed: success, limit, remaining, resetAt: reset }
  }

  /** The library looks there too, but then nobody could tell its answer from one of Redis. */
  #refusal(key: string): Quota | undefined {
    const { settings, limit, windowMs, now } = this.#options
    const until = this.#blocked.get(`${this.#prefix}:${key}`) ?? 0
    if (until <= now()) return undefined
    // Who is blocked for a moment only is told the end of its window, as by Redis.
    const sliding = settings.algorithm === 'sliding_window'
    const resetAt = sliding ? (Math.floor(now() / windowMs) + 1) * windowMs : until
    return { passed: false, limit, remaining: 0, resetAt }
  }

  /** A window's requests are made in it; a bucket's tokens last, here as long as a window. */
  #heldUntil({ resetAt }: Quota): number {
    const { settings, windowMs, now } = this.#options
    return settings.algorithm === 'token_bucket' ? now() + windowMs : resetAt
  }
}
