import type { EnginePool, PooledConnection } from '../engines/engine.ts'
import { Problem, toProblem } from '../problem.ts'
import type { Breaker } from './breaker.ts'
import { Openings } from './openings.ts'
import type { PoolSpec, PoolSurroundings } from './pool-spec.ts'

/** Faults that say something about the way to the database rather than about one statement. */
const OPENING_FAULTS = new Set([
  'database_unavailable',
  'database_refused',
  'database_misconfigured',
  'connection_lost',
  'database_timeout',
])

/** Somebody who waits in a pool that was granted too little has more asked for this often. */
const ASK_AGAIN_MS = 1_000

/** What growth needs from its pool. */
export interface Growing {
  /** Leases that are out or being served. */
  leases(): number
  /** Connections that the pool may have now. */
  maxSize(): number
  /** Somebody waits who would be served if the pool were as large as it is meant to be. */
  askForMore(): void
  /** Whether connections may be opened for nobody in particular. */
  isOpen(): boolean
  /** Something has changed that may let somebody in. */
  retry(): void
  /** Nothing will come to those who wait. */
  refuse(problem: Problem): void
}

/**
 * Decides when a pool has a connection opened: never more than it may have now, each with a place in the host's gate, none
 * while the breaker pauses; and up to `minSize` for nobody in particular.
 */
export class Growth<C extends PooledConnection> {
  readonly openings: Openings
  readonly #spec: PoolSpec
  readonly #around: PoolSurroundings
  readonly #pool: Growing
  /** Openings for nobody in particular: what they open is free once they have ended. */
  #fillings = 0
  #waitsForGate = false
  #cancelAsking: (() => void) | undefined

  constructor(spec: PoolSpec, around: PoolSurroundings, pool: Growing) {
    this.#spec = spec
    this.#around = around
    this.#pool = pool
    this.openings = new Openings(around.gate)
  }

  /** Whether a connection is open that nobody has a claim to. */
  hasFree(driver: EnginePool<C>): boolean {
    if (this.#pool.leases() >= this.#pool.maxSize()) return false
    return this.#pool.leases() + this.#fillings - this.openings.size < driver.counts().size
  }

  /** Takes a place in the gate, if the pool may grow and a place is free. */
  tryEnter(driver: EnginePool<C>): boolean {
    const { breaker, clock, gate } = this.#around
    const maxSize = this.#pool.maxSize()
    const leases = this.#pool.leases()
    if (driver.counts().size + this.openings.size >= maxSize || leases >= maxSize) {
      this.askForMore()
      return false
    }
    const now = clock.now()
    if (breaker.pausedFor(now) > 0) {
      // Nothing will come back to those who wait here: better an honest no than their whole time.
      if (driver.counts().size === 0 && leases === 0) this.#pool.refuse(pausedProblem(breaker, now))
      return false
    }
    if (!gate.tryEnter()) {
      this.#retryWhenFree()
      return false
    }
    if (!breaker.allows(now)) {
      gate.leave()
      return false
    }
    return true
  }

  /** Somebody waits: has more asked for where less was granted than the pool is meant to have. */
  askForMore(): void {
    if (this.#pool.maxSize() >= this.#spec.maxSize) return
    this.#pool.askForMore()
    // Again while somebody waits: with every connection busy for long, nothing else would ask.
    this.#cancelAsking ??= this.#around.clock.after(ASK_AGAIN_MS, () => {
      this.#cancelAsking = undefined
      this.#pool.retry()
    })
  }

  /** Takes a place in the gate for `holder`, waiting for it, unless he has one. */
  async enter(holder: object): Promise<void> {
    if (this.openings.has(holder)) return
    await this.#around.gate.enter()
    this.openings.begin(holder)
  }

  /** Has connections opened up to the minimum, where the driver does not do so by itself. */
  fill(driver: EnginePool<C>): void {
    if (!driver.grow || !this.#pool.isOpen()) return
    const wanted = Math.min(this.#spec.minSize, this.#pool.maxSize())
    while (driver.counts().size + this.openings.size < wanted && this.tryEnter(driver)) {
      const filling = {}
      this.openings.begin(filling)
      this.#fillings++
      void driver
        .grow()
        .catch((error: unknown) => this.failed(driver, toProblem(error)))
        .finally(() => {
          this.#fillings--
          this.openings.end(filling)
          this.#pool.retry()
        })
    }
  }

  /**
   * Takes note of what a checkout or an opening ended with. The answer is whether who asked for it may wait for another
   * connection: one could not be opened, and others are.
   */
  failed(driver: EnginePool<C>, problem: Problem): boolean {
    if (!OPENING_FAULTS.has(problem.code)) return false
    const { breaker, clock } = this.#around
    breaker.failed(clock.now())
    const { size } = driver.counts()
    if (breaker.pausedFor(clock.now()) > 0 && size === 0) this.#pool.refuse(problem)
    return size > 0
  }

  /** Ends what would still happen by itself. */
  stop(): void {
    this.#cancelAsking?.()
    this.#cancelAsking = undefined
  }

  #retryWhenFree(): void {
    if (this.#waitsForGate) return
    this.#waitsForGate = true
    this.#around.gate.whenFree(() => {
      this.#waitsForGate = false
      this.#pool.retry()
    })
  }
}

/** The answer while a breaker pauses openings. */
export function pausedProblem(breaker: Breaker, now: number): Problem {
  return new Problem('database_unavailable', {
    detail: 'The database failed repeatedly; no connection is tried for a moment.',
    retryAfter: breaker.pausedFor(now) / 1000,
  })
}
