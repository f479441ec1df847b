import type { Clock } from '../pools/clock.ts'
import { inTime } from '../pools/in-time.ts'
import type { Cluster } from '../pools/statistics.ts'
import type { Strategy } from '../tenants/strategy.ts'
import { type Recommendation, recommend } from './recommendation.ts'
import type { StrategyAdvice } from './report.ts'

/** Advice is given again for this long before the fleet is counted anew: many isolates ask. */
const FRESH_MS = 1_000
/** How long another cluster may take to say how many tenants are active there. */
const COUNT_TIMEOUT_MS = 1_000

export interface AdviserOptions {
  readonly clock: Clock
  /** Keeps the last recommendation. */
  readonly store: { readonly last: Recommendation | undefined; keep(next: Recommendation): void }
  /** Active tenants of the Ledger's own cluster. */
  readonly countHere: () => number
  /** Active tenants of another cluster, by asking its Ledger. */
  readonly countOn: (cluster: Cluster) => Promise<number>
  /** Called when another strategy is recommended than before. */
  readonly onChange: (from: Strategy | null, to: Strategy, activeTenants: number) => void
}

/** Says which placement suits the whole fleet, from one Ledger. It belongs to one object: it holds a promise. */
export class Adviser {
  readonly #options: AdviserOptions
  #last: { readonly advice: StrategyAdvice; readonly at: number } | undefined
  #counting: Promise<StrategyAdvice> | undefined

  constructor(options: AdviserOptions) {
    this.#options = options
  }

  /**
   * What the strategy `auto` would choose for the Ledger's own cluster and `others` together. While one of the others
   * cannot be asked the last recommendation holds, since half a count would move the fleet; throws if there is none.
   */
  advise(others: readonly Cluster[]): Promise<StrategyAdvice> {
    const { clock } = this.#options
    if (this.#last && clock.now() - this.#last.at < FRESH_MS) return Promise.resolve(this.#last.advice)
    this.#counting ??= this.#newAdvice(others)
      .then((advice) => {
        this.#last = { advice, at: clock.now() }
        return advice
      })
      .finally(() => {
        this.#counting = undefined
      })
    return this.#counting
  }

  async #newAdvice(others: readonly Cluster[]): Promise<StrategyAdvice> {
    const { clock, countHere, countOn, store } = this.#options
    let elsewhere: readonly number[]
    try {
      elsewhere = await inTime(clock, COUNT_TIMEOUT_MS, () => Promise.all(others.map(countOn)))
    } catch (error) {
      if (!store.last) throw error
      return { strategy: store.last.strategy, since: store.last.since, activeTenants: null }
    }
    const activeTenants = elsewhere.reduce((sum, count) => sum + count, countHere())
    const { strategy, since } = this.#recommend(activeTenants)
    return { strategy, since, activeTenants }
  }

  #recommend(activeTenants: number): Recommendation {
    const { clock, onChange, store } = this.#options
    const { last } = store
    const next = recommend(last, activeTenants, clock.now())
    store.keep(next)
    if (next.strategy !== last?.strategy) onChange(last?.strategy ?? null, next.strategy, activeTenants)
    return next
  }
}
