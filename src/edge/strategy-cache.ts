import type { Clock } from '../pools/clock.ts'
import { inTime } from '../pools/in-time.ts'
import type { Strategy } from '../tenants/strategy.ts'

/** What is known is asked for again after this long: a change reaches an isolate with the second request after it. */
const FRESH_MS = 5_000
/** How long the Ledger may take to answer; less than `FRESH_MS`, so that one refresh ends before the next begins. */
const READ_TIMEOUT_MS = 2_000

/**
 * In force where the Ledger has never answered: it serves a fleet of any size with a bounded number of hosts, where
 * `shared` would crowd a large one onto one host and `dedicated` open a pool for every tenant of a small one.
 */
const UNHEARD: Strategy = 'grouped'

export interface StrategyCacheOptions {
  readonly clock: Clock
  /** Called when the Ledger did not answer, with what is in force all the same. */
  readonly onUnread: (inForce: Strategy) => void
}

/** What a request can do about it. */
export interface StrategyRequest {
  /** Asks the Ledger. */
  readonly read: () => Promise<Strategy>
  /** Lets the request's context live until `task` has ended. */
  readonly waitUntil: (task: Promise<unknown>) => void
}

/**
 * The strategy that the Ledger recommends, as far as one isolate knows. Plain data, so requests may share it; a promise
 * is never shared, because one request's I/O is dead for another.
 */
export class StrategyCache {
  readonly #options: StrategyCacheOptions
  #known: Strategy | undefined
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(options: StrategyCacheOptions) {
    this.#options = options
  }

  /**
   * The strategy in force. The first requests of an isolate wait for the Ledger, each for its own answer: placing them
   * by a guess would open pools that nobody needs. All later ones go on at once with what is known, and one of them has
   * it asked for again. Never throws.
   */
  async current({ read, waitUntil }: StrategyRequest): Promise<Strategy> {
    const known = this.#known
    if (known === undefined) return this.#ask(read)
    if (this.#options.clock.now() - this.#askedAt >= FRESH_MS) waitUntil(this.#ask(read))
    return known
  }

  async #ask(read: () => Promise<Strategy>): Promise<Strategy> {
    const { clock, onUnread } = this.#options
    this.#askedAt = clock.now()
    try {
      this.#known = await inTime(clock, READ_TIMEOUT_MS, read)
    } catch {
      this.#known ??= UNHEARD
      onUnread(this.#known)
    }
    return this.#known
  }
}
