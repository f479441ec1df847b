import { Ratelimit } from '@upstash/ratelimit'
import type { Redis } from '@upstash/redis'
import type { LimitSettings } from '../../limit-settings.ts'
import { algorithmOf } from './algorithm.ts'
import { BlockCache } from './block-cache.ts'
import { type OwnCount, ownCount } from './own-count.ts'
import type { Quota } from './quota.ts'
import { Reserve } from './reserve.ts'
import { SharedCalls, type Waiter } from './shared-calls.ts'

/** Keys that an isolate knows to be exhausted, for each limit. */
const MAX_BLOCKED = 1_000

/**
 * One call asks for this part of what was left at most: the library passes or refuses several requests as one, and in a
 * window counts those that it refuses, so that isolates which ask at the same time must not ask for more than there is.
 */
const PART_OF_LEFT = 4

/** When a request that waits for a call looks for its outcome: after so long, then ever less often, in ms. */
const FIRST_LOOK_MS = 5
const LONGEST_LOOK_MS = 80

/** A request waits for other requests' calls as long as for so many of its own. */
const CALLS_WAITED_FOR = 3

export interface LimiterOptions {
  readonly redis: Redis
  readonly settings: Pick<LimitSettings, 'algorithm' | 'reserve' | 'timeoutMs'>
  /** Requests a window. */
  readonly limit: number
  readonly windowMs: number
  readonly now: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Makes a call to Redis, or not while Redis fails; `undefined` then, and when the call came to nothing. */
  readonly call: <T>(work: () => Promise<T>) => Promise<T | undefined>
}

/** Lets a promise run on after the answer: `waitUntil`. */
export type KeepAlive = (promise: Promise<unknown>) => void

/**
 * One limit, for however many keys. What it keeps from request to request is plain data: a request awaits its own call
 * and its own timers, and nothing of another request. Invariant, tested with generated histories: in a window no more
 * requests of a key pass than its limit, whatever Redis answers; of a token bucket, than it holds and gets back.
 */
export class Limiter {
  readonly #options: LimiterOptions
  readonly #prefix: string
  readonly #ratelimit: Ratelimit
  readonly #blocked: BlockCache
  readonly #own: OwnCount
  readonly #reserve: Reserve
  readonly #calls = new SharedCalls()

  constructor(options: LimiterOptions) {
    const { redis, settings, limit, windowMs, now } = options
    const { algorithm, reserve } = settings
    this.#options = options
    // The limit is part of the name: a request that was counted under a guessed limit leaves the real count alone.
    this.#prefix = `rockpool:limit:${algorithm}:${limit}`
    // A sliding window gives at most `limit` requests back in a window, one after the other.
    const longest = algorithm === 'sliding_window' ? Math.ceil(windowMs / limit) : Number.POSITIVE_INFINITY
    this.#blocked = new BlockCache(MAX_BLOCKED, longest, now)
    this.#own = ownCount(algorithm, limit, windowMs)
    // A bucket's tokens last, so that what is held of them would be let through on top of a later minute's.
    this.#reserve = new Reserve(reserve === 'auto' && algorithm === 'token_bucket' ? 0 : reserve)
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

  /**
   * What this isolate can say without asking Redis: it has let a whole limit through, or knows that none is left, or it
   * took some requests in advance.
   */
  takeHere(key: string, keepAlive: KeepAlive): Quota | undefined {
    const { now } = this.#options
    const own = this.#own.look(key, now())
    if (!own.passed) return own
    const quota = this.#reserve.take(key, now())
    if (!quota) return this.#refusal(key)
    const wanted = this.#calls.isBusy(key, now()) ? 0 : this.#reserve.wanted(key, now())
    // No request waits for it: if it fails, the request that finds nothing held meets the same fault itself.
    if (wanted > 0) keepAlive(this.#ask(key, wanted, undefined, keepAlive))
    return this.#counted(key, quota)
  }

  /**
   * Counts one request: in Redis, by a call of its own or by one that another request makes for it. `undefined` when
   * Redis has no good answer in time.
   */
  async take(key: string, keepAlive: KeepAlive): Promise<Quota | undefined> {
    const { now, random, settings, sleep } = this.#options
    const waiter = this.#calls.join(key)
    let waitedMs = 0
    for (let lookMs = FIRST_LOOK_MS; this.#calls.isOut(key, waiter, now()); ) {
      if (waitedMs >= CALLS_WAITED_FOR * settings.timeoutMs) return undefined
      // At moments of their own, or hundreds that came together would all look together, and the next call be late.
      await sleep(lookMs * (0.5 + random()))
      // By what was meant to pass: the isolate's own delay is no fault of Redis.
      waitedMs += lookMs
      lookMs = Math.min(2 * lookMs, LONGEST_LOOK_MS)
      const here = this.takeHere(key, keepAlive)
      if (here) return here
      if (this.#calls.hasFailed(key, waiter)) return undefined
    }
    const wanted = this.#reserve.wanted(key, now())
    const quota = await this.#ask(key, 1 + wanted, waiter, keepAlive)
    return quota?.passed ? this.#counted(key, quota) : quota
  }

  /** Counts a request in this isolate, which may pass by its own count alone: Redis has no answer. */
  takeAlone(key: string): Quota {
    return this.#own.take(key, this.#options.now())
  }

  /** A request passes as far as Redis is concerned; it does as far as this isolate's own count is, too. */
  #counted(key: string, quota: Quota): Quota {
    const own = this.#own.take(key, this.#options.now())
    return own.passed ? quota : own
  }

  /**
   * Asks Redis for `count` requests, and for those that wait. The answer is that of the caller's request; what passed
   * beside it is held for the others. `undefined` when there is none.
   * @param waiter the caller's place; absent for a call that is made in advance, in which every request is for others
   */
  async #ask(
    key: string,
    count: number,
    waiter: Waiter | undefined,
    keepAlive: KeepAlive,
  ): Promise<Quota | undefined> {
    const { now, settings } = this.#options
    const others = this.#calls.begin(key, waiter, now() + 2 * settings.timeoutMs)
    let failed = true
    try {
      const most = Math.floor(this.#reserve.left(key, now()) / PART_OF_LEFT)
      const together = Math.max(1, Math.min(count + others, Math.max(most, count)))
      const used = waiter ? 1 : 0
      let quota = await this.#counting(key, together, used, keepAlive)
      // A no to several says nothing about one.
      if (quota && !quota.passed && together > 1 && waiter) quota = await this.#counting(key, 1, 1, keepAlive)
      failed = quota === undefined
      return quota
    } finally {
      this.#calls.end(key, failed)
    }
  }

  /** One call for `count` requests, of which `used` are made now. `undefined` when it comes to nothing. */
  async #counting(
    key: string,
    count: number,
    used: number,
    keepAlive: KeepAlive,
  ): Promise<Quota | undefined> {
    const { call, now } = this.#options
    const quota = await call(() => this.#limit(key, count, keepAlive))
    if (!quota) return undefined
    if (!quota.passed && count > 1) {
      this.#blocked.delete(`${this.#prefix}:${key}`)
      return quota
    }
    this.#reserve.note(key, quota, quota.passed ? count - used : 0, this.#heldUntil(quota), now())
    if (used > 0) this.#reserve.made(key, now())
    return { ...quota, remaining: quota.remaining + (quota.passed ? count - used : 0) }
  }

  async #limit(key: string, count: number, keepAlive: KeepAlive): Promise<Quota> {
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
