import type { Clock } from './clock.ts'

/** The end of a pool that nobody enters any more: waited for until everybody has left it, or the time is up. */
export class Drain {
  readonly #clock: Clock
  readonly #isEmpty: () => boolean
  #whenEmpty: (() => void) | undefined

  constructor(clock: Clock, isEmpty: () => boolean) {
    this.#clock = clock
    this.#isEmpty = isEmpty
  }

  /** Resolves when the pool is empty, after `deadlineMs` at the latest. */
  wait(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(deadlineMs, resolve)
      this.#whenEmpty = () => {
        cancel()
        resolve()
      }
      this.settle()
    })
  }

  /** Somebody has left. */
  settle(): void {
    if (this.#isEmpty()) this.#whenEmpty?.()
  }
}
