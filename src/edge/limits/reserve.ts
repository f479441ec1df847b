import { LruMap } from '../../lru-map.ts'
import type { Quota } from './quota.ts'

/** Keys for which an isolate holds requests in advance. */
const MAX_KEPT = 1_000

/** What is held is at most this part of what is left, so that nobody near a limit is refused for what is held elsewhere. */
const PART_OF_REMAINING = 10

interface Held {
  /** Requests counted in Redis and not yet made. */
  tokens: number
  /** Left in Redis when it was last asked. */
  remaining: number
  limit: number
  resetAt: number
  /** Held requests are worth nothing from here on. */
  until: number
  /** Somebody is asking for more, at the latest until then. Plain data: nobody awaits another request's asking. */
  askingUntil: number
}

/**
 * Requests that one isolate has taken in advance, by key. They were counted in Redis before they are made, so no limit
 * is ever exceeded by them; what is taken and not made in its time is lost. An isolate holds at most `max` for a key,
 * and at most a tenth of what was left.
 */
export class Reserve {
  readonly #max: number
  readonly #held = new LruMap<string, Held>(MAX_KEPT)

  constructor(max: number) {
    this.#max = max
  }

  /** Makes one of the requests held for `key`, if there is one. */
  take(key: string, now: number): Quota | undefined {
    const held = this.#held.get(key)
    if (!held) return undefined
    if (now >= held.until) {
      this.#held.delete(key)
      return undefined
    }
    if (held.tokens === 0) return undefined
    held.tokens--
    const { limit, remaining, tokens, resetAt } = held
    return { passed: true, limit, remaining: remaining + tokens, resetAt }
  }

  /**
   * How many to take in advance now: what fills up again what is held, once half of it is gone; 0 while somebody is
   * asking already, or nothing is known. More than 0 makes the caller the one who asks, until `deadline` or `settle`.
   */
  wanted(key: string, now: number, deadline: number): number {
    const held = this.#held.get(key)
    if (!held || now >= held.until || now < held.askingUntil) return 0
    const full = Math.min(this.#max, Math.floor((held.remaining + held.tokens) / PART_OF_REMAINING))
    if (held.tokens > full / 2) return 0
    const wanted = full - held.tokens
    if (wanted > 0) held.askingUntil = deadline
    return wanted
  }

  /**
   * Notes what Redis said, and `tokens` more that were taken in advance and can be used before `until`. An answer that
   * comes after its window is worth nothing, and what was held from another window is not added to this one's.
   */
  note(key: string, quota: Quota, tokens: number, until: number, now: number): void {
    if (now >= until) return
    const { limit, remaining, resetAt } = quota
    const held = this.#held.get(key)
    const kept = held && now < held.until ? held : { tokens: 0, askingUntil: 0 }
    this.#held.set(key, { ...kept, limit, remaining, resetAt, until, tokens: kept.tokens + tokens })
  }

  /** The one who asked for more has its answer, or none. */
  settle(key: string): void {
    const held = this.#held.peek(key)
    if (held) held.askingUntil = 0
  }
}
