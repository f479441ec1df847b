export interface BreakerOptions {
  /** Failures in a row that bring the first pause. */
  readonly failuresToTrip: number
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** What part of a pause is kept, above 0 and at most 1: where many pause for the same reason, each comes back alone. */
  readonly spread: () => number
}

const OPENINGS: BreakerOptions = {
  failuresToTrip: 5,
  firstPauseMs: 1_000,
  longestPauseMs: 30_000,
  spread: () => 1,
}

/**
 * Stops a dead database from being stormed: after five failed openings in a row none is tried for a second, then one
 * per pause, and each failure doubles the pause up to 30 s. One per pool, so that one tenant's wrong password never
 * holds up another tenant. Other numbers are for others that come and go as a database does.
 */
export class Breaker {
  readonly #options: BreakerOptions
  #failures = 0
  #pauseMs = 0
  #until = 0

  constructor(options: BreakerOptions = OPENINGS) {
    this.#options = options
  }

  /** Whether an opening may be tried now. A yes during a pause's end is the one trial of the next pause. */
  allows(now: number): boolean {
    if (this.#pauseMs === 0) return true
    if (now < this.#until) return false
    this.#until = now + this.#pauseMs
    return true
  }

  /** Milliseconds until the next trial; 0 when openings are free. */
  pausedFor(now: number): number {
    return this.#pauseMs === 0 ? 0 : Math.max(0, this.#until - now)
  }

  succeeded(): void {
    this.#failures = 0
    this.#pauseMs = 0
  }

  failed(now: number): void {
    this.#failures++
    const { failuresToTrip, firstPauseMs, longestPauseMs, spread } = this.#options
    if (this.#failures < failuresToTrip) return
    this.#pauseMs = Math.min(this.#pauseMs === 0 ? firstPauseMs : this.#pauseMs * 2, longestPauseMs)
    this.#until = now + this.#pauseMs * spread()
  }
}
