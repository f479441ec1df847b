/** Time, passed in so that tests decide what time it is. Milliseconds. */
export interface Clock {
  now(): number
  /** Runs `task` once, in `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void
}

/** The real time. In Workers it stands still while code computes and moves on with each I/O. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}
