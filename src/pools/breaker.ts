const FAILURES_TO_TRIP = 5
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/**
 * Stops a dead database from being stormed: after five failed openings in a row none is tried for a second, then one
 * per pause, and each failure doubles the pause up to 30 s. One per pool, so that one tenant's wrong password never
 * holds up another tenant.
 */
export class Breaker {
  #failures = 0
  #pauseMs = 0
  #until = 0

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
    if (this.#failures < FAILURES_TO_TRIP) return
    this.#pauseMs = Math.min(this.#pauseMs === 0 ? FIRST_PAUSE_MS : this.#pauseMs * 2, LONGEST_PAUSE_MS)
    this.#until = now + this.#pauseMs
  }
}
