import type { Clock } from '../pools/clock.ts'
import type { PoolStatistics } from '../pools/statistics.ts'

/** How often the figures of open pools are told, in ms. */
export const STATS_MS = 60_000

export interface PoolStatsOptions {
  readonly clock: Pick<Clock, 'after'>
  /** The pools that there are. */
  readonly pools: () => readonly PoolStatistics[]
  readonly tell: (pool: PoolStatistics) => void
}

/** Has the figures of a host's pools told while there are pools, and only then: a timer keeps the object in memory. */
export class PoolStats {
  readonly #options: PoolStatsOptions
  #cancel: (() => void) | undefined

  constructor(options: PoolStatsOptions) {
    this.#options = options
  }

  /** To be called after a pool has opened or ended. */
  review(): void {
    const { clock, pools, tell } = this.#options
    if (pools().length === 0) {
      this.#cancel?.()
      this.#cancel = undefined
      return
    }
    this.#cancel ??= clock.after(STATS_MS, () => {
      this.#cancel = undefined
      for (const pool of pools()) tell(pool)
      this.review()
    })
  }
}
