import { LruMap } from '../../lru-map.ts'
import type { Quota } from './quota.ts'

/** Keys for which an isolate holds requests in advance. */
const MAX_KEPT = 1_000

/** How far ahead `auto` takes requests: about as many as were made in this time, ms. */
const AHEAD_MS = 250
/** At most so many, and if it would be fewer than so many none. */
const MOST_AHEAD = 100
const FEWEST_AHEAD = 4

/** What is held is at most this part of what is left, so that nobody near a limit is refused for what is held elsewhere. */
const PART_OF_REMAINING = 10

interface Held {
  /** Requests counted in Redis and not yet made. */
  tokens: number
  /** Left in Redis when it was last asked. */
  remaining: number
  limit: number
  resetAt: number
  /** When that was. */
  askedAt: number
  /** Held requests are worth nothing from here on. */
  until: number
  readonly pace: Pace
}

/** How many requests are made, by stretches of `AHEAD_MS`. */
interface Pace {
  /** The number of the present stretch. */
  stretch: number
  made: number
  /** In the stretch before. */
  madeBefore: number
}

/**
 * Requests that one isolate has taken in advance, by key. They were counted in Redis before they are made, so no limit
 * is ever exceeded by them; what is taken and not made in its time is lost. An isolate holds at most `max` for a key,
 * and at most a tenth of what was left. With `auto` it holds about as many as it made in the last quarter of a second:
 * for a key with few requests none, so that each of those is counted by itself.
 */
export class Reserve {
  readonly #max: number | 'auto'
  readonly #held = new LruMap<string, Held>(MAX_KEPT)

  constructor(max: number | 'auto') {
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
    count(held.pace, now)
    const { limit, remaining, tokens, resetAt } = held
    return { passed: true, limit, remaining: remaining + tokens, resetAt }
  }

  /** What was left of the limit a moment ago; 0 where that is not known, or long ago: others may have used it since. */
  left(key: string, now: number): number {
    const held = this.#held.peek(key)
    return held && now < held.until && now - held.askedAt < AHEAD_MS ? held.remaining : 0
  }

  /** How many to take in advance now: what fills up again what is held, once half of it is gone; 0 where nothing is known. */
  wanted(key: string, now: number): number {
    const held = this.#held.get(key)
    if (!held || now >= held.until) return 0
    const max = this.#max === 'auto' ? ahead(held.pace, now) : this.#max
    const full = Math.min(max, Math.floor((held.remaining + held.tokens) / PART_OF_REMAINING))
    if (held.tokens > full / 2) return 0
    return full - held.tokens
  }

  /**
   * Notes what Redis said, and `tokens` more that were taken in advance and can be used before `until`. An answer that
   * comes after its window is worth nothing, and what was held from another window is not added to this one's.
   */
  note(key: string, quota: Quota, tokens: number, until: number, now: number): void {
    if (now >= until) return
    const { limit, remaining, resetAt } = quota
    const held = this.#held.get(key)
    const kept = held && now < held.until ? held : { tokens: 0 }
    const pace = held?.pace ?? { stretch: 0, made: 0, madeBefore: 0 }
    this.#held.set(key, {
      ...kept,
      pace,
      limit,
      remaining,
      resetAt,
      until,
      askedAt: now,
      tokens: kept.tokens + tokens,
    })
  }

  /** One request of `key` was counted in Redis by itself. */
  made(key: string, now: number): void {
    const held = this.#held.peek(key)
    if (held) count(held.pace, now)
  }
}

function count(pace: Pace, now: number): void {
  moveOn(pace, now)
  pace.made++
}

/** How many to hold for a key whose requests are made at this pace. */
function ahead(pace: Pace, now: number): number {
  moveOn(pace, now)
  const made = Math.max(pace.made, pace.madeBefore)
  return made < FEWEST_AHEAD ? 0 : Math.min(MOST_AHEAD, made)
}

function moveOn(pace: Pace, now: number): void {
  const stretch = Math.floor(now / AHEAD_MS)
  if (stretch === pace.stretch) return
  pace.madeBefore = stretch === pace.stretch + 1 ? pace.made : 0
  pace.made = 0
  pace.stretch = stretch
}
