import type { Clock } from '../../../src/pools/clock.ts'

/** Lets everything run that waits for nothing but its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  #now = 1_000_000
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void }>()

  now(): number {
    return this.#now
  }

  /** How many timers have neither fired nor been cancelled. */
  get timers(): number {
    return this.#timers.size
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Fires what is due within `ms`, in order, each with what follows from it before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#timers.delete(next)
      this.#now = next.at
      next.task()
      await settle()
    }
    this.#now = end
  }

  /** A Set keeps insertion order, so of two timers for one moment the older is found. */
  #due(end: number) {
    let first: { readonly at: number; readonly task: () => void } | undefined
    for (const timer of this.#timers) {
      if (timer.at <= end && (!first || timer.at < first.at)) first = timer
    }
    return first
  }
}
