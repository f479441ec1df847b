import { Breaker } from '../../pools/breaker.ts'

/** Redis works again when it answers and has not failed for this long: one that fails now and then is told of once. */
const CALM_MS = 5_000

/** Whether Redis answers the limiter, as far as one isolate knows. */
export type CircuitState = 'working' | 'failing'

/**
 * Keeps a dead Redis from costing every request its time-out: after five failures in a row it is asked once per pause
 * only, of 1 to 30 s. Plain numbers, so requests may share it.
 */
export class Circuit {
  readonly #now: () => number
  readonly #onChange: (state: CircuitState) => void
  readonly #breaker = new Breaker()
  #state: CircuitState = 'working'
  #failedAt = Number.NEGATIVE_INFINITY
  #trips = 0

  /** @param onChange is told of every change of state, and of nothing else */
  constructor(now: () => number, onChange: (state: CircuitState) => void) {
    this.#now = now
    this.#onChange = onChange
  }

  get state(): CircuitState {
    return this.#state
  }

  /** What `work` comes to; `undefined` when it fails or is not to be tried now. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!this.#breaker.allows(this.#now())) return undefined
    const trips = this.#trips
    try {
      const result = await work()
      this.#succeeded()
      return result
    } catch {
      this.#failed(trips)
      return undefined
    }
  }

  #succeeded(): void {
    this.#breaker.succeeded()
    if (this.#state === 'failing' && this.#now() - this.#failedAt >= CALM_MS) this.#change('working')
  }

  #failed(trips: number): void {
    const now = this.#now()
    this.#failedAt = now
    if (this.#state === 'working') this.#change('failing')
    // Those that were under way when it tripped have nothing new to tell; they would make the pause the longest.
    if (trips !== this.#trips) return
    this.#breaker.failed(now)
    if (this.#breaker.pausedFor(now) > 0) this.#trips++
  }

  #change(state: CircuitState): void {
    this.#state = state
    this.#onChange(state)
  }
}
