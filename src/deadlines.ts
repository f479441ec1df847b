/** What it takes to wait. Times in ms. */
interface Timing {
  now(): number
  /** Runs `task` once, in `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void
}

interface Deadline {
  readonly at: number
  readonly task: () => void
}

/**
 * Time-outs that nearly never come: every request has one or two, and a timer of the runtime for each would cost more
 * than all the rest of the waiting. All of them share one timer, set for the first to come; it is not moved when that
 * one is cancelled, so under load it fires about once per time-out rather than once per request.
 */
export class Deadlines {
  readonly #timing: Timing
  /** In order of arrival. */
  readonly #deadlines = new Set<Deadline>()
  #timerAt = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined
  /** Whether the timer goes with the last deadline. */
  #resting = false

  constructor(timing: Timing) {
    this.#timing = timing
  }

  /** Runs `task` once, in `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void {
    const deadline = { at: this.#timing.now() + ms, task }
    this.#resting = false
    this.#deadlines.add(deadline)
    if (deadline.at < this.#timerAt) this.#setTimer(deadline.at)
    return () => {
      this.#deadlines.delete(deadline)
      this.#stopIfResting()
    }
  }

  /** Nothing new is to be expected: the timer, which keeps an object in memory, goes as soon as nothing waits for it. */
  rest(): void {
    this.#resting = true
    this.#stopIfResting()
  }

  #stopIfResting(): void {
    if (this.#resting && this.#deadlines.size === 0) this.#stopTimer()
  }

  #setTimer(at: number): void {
    this.#stopTimer()
    this.#timerAt = at
    this.#cancelTimer = this.#timing.after(Math.max(0, at - this.#timing.now()), () => this.#fire())
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #fire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#timing.now()
    let next = Number.POSITIVE_INFINITY
    const due: Deadline[] = []
    for (const deadline of this.#deadlines) {
      if (deadline.at <= now) due.push(deadline)
      else next = Math.min(next, deadline.at)
    }
    if (next < Number.POSITIVE_INFINITY) this.#setTimer(next)
    for (const deadline of due) {
      // One before it may have cancelled it.
      if (this.#deadlines.delete(deadline)) deadline.task()
    }
  }
}
