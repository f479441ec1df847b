import type { Clock } from './clock.ts'
import type { Pool } from './pool.ts'
import type { CloseReason } from './statistics.ts'

/** A sweep comes at least this often, because pools also get too old. */
const SWEEP_MS = 60_000

export interface SweeperOptions {
  readonly clock: Clock
  /** Every pool that has not ended. */
  readonly pools: () => readonly Pool[]
  /** Closes a pool that is open. */
  readonly retire: (pool: Pool, reason: CloseReason) => void
}

/**
 * Closes pools that were idle for as long as they may be, or are too old. Its timer runs only between `start` and
 * `stop`, because a timer keeps the object in memory.
 */
export class Sweeper {
  readonly #options: SweeperOptions
  #cancel: (() => void) | undefined

  constructor(options: SweeperOptions) {
    this.#options = options
  }

  /** There is something to sweep. Idempotent. */
  start(): void {
    this.#cancel ??= this.#options.clock.after(this.#untilDue(), () => {
      this.#cancel = undefined
      this.#sweep()
      if (this.#options.pools().length > 0) this.start()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Until the moment at which the first pool can have been idle for as long as it may, in ms. */
  #untilDue(): number {
    const now = this.#options.clock.now()
    const due = this.#options.pools().map((pool) => {
      const idleMs = pool.isUnused() ? now - pool.lastUsedAt : 0
      return pool.spec.maxIdleMs - idleMs
    })
    return Math.min(SWEEP_MS, ...due)
  }

  #sweep(): void {
    const now = this.#options.clock.now()
    for (const pool of this.#options.pools()) {
      if (pool.isEnding()) continue
      if (pool.isUnused() && now - pool.lastUsedAt >= pool.spec.maxIdleMs) this.#options.retire(pool, 'idle')
      else if (pool.isExpired(now)) this.#options.retire(pool, 'recycled')
    }
  }
}
