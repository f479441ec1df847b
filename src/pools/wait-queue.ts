import { Problem } from '../problem.ts'

/** A request that waits for a connection. */
export interface Waiter {
  readonly tenant: string
  readonly since: number
}

/**
 * Who waits for a pool's connections: bounded, first in first out. `take` is the place where fairness between tenants
 * is decided; everything else about waiting is the pool's.
 */
export class WaitQueue<W extends Waiter> {
  readonly #bound: number
  /** In order of arrival: a Set keeps insertion order and forgets a leaver in constant time. */
  readonly #waiters = new Set<W>()

  constructor(bound: number) {
    this.#bound = bound
  }

  get size(): number {
    return this.#waiters.size
  }

  /** Throws `pool_queue_full` when as many wait as may. */
  checkRoom(): void {
    if (this.#waiters.size < this.#bound) return
    throw new Problem('pool_queue_full', {
      detail: `${this.#bound} requests already wait for this pool.`,
      retryAfter: 1,
    })
  }

  add(waiter: W): void {
    this.#waiters.add(waiter)
  }

  /** Removes and returns whose turn it is. */
  take(): W | undefined {
    const [next] = this.#waiters
    if (next) this.#waiters.delete(next)
    return next
  }

  /** Whether `waiter` was still waiting. */
  remove(waiter: W): boolean {
    return this.#waiters.delete(waiter)
  }

  /** Removes and returns everybody, in order. */
  clear(): W[] {
    const all = [...this.#waiters]
    this.#waiters.clear()
    return all
  }
}
