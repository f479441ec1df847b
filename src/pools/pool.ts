import type { Checkout, Connection, Engine, EngineHooks, EnginePool, Target } from '../engines/engine.ts'
import { Problem, toProblem } from '../problem.ts'
import type { Breaker } from './breaker.ts'
import { Candidate, type LeaseRequest } from './candidate.ts'
import type { Clock } from './clock.ts'
import { Lease } from './lease.ts'
import type { OpeningGate } from './opening-gate.ts'
import { Openings } from './openings.ts'
import {
  type Cluster,
  NO_COUNTERS,
  type PoolCounters,
  type PoolState,
  type PoolStatistics,
  type Tally,
} from './statistics.ts'
import { WaitQueue } from './wait-queue.ts'

/** What a pool is for and how large it may get. Times in milliseconds. */
export interface PoolSpec {
  /** Unique in its host. */
  readonly key: string
  /** Whose pool it is; `null` when tenants share it. */
  readonly tenant: string | null
  readonly cluster: Cluster
  readonly target: Target
  readonly minSize: number
  readonly maxSize: number
  readonly maxWaiting: number
  readonly commandTimeoutMs: number
  readonly maxIdleMs: number
  readonly maxUses: number
  readonly appName: string
}

/** What a pool needs from the cache that holds it. */
export interface PoolSurroundings {
  readonly clock: Clock
  readonly gate: OpeningGate
  readonly breaker: Breaker
  readonly lifetime: () => number
  readonly slowQueryMs: number
  /** Sums up what the pools of a cluster count, those that are gone too. */
  count(name: keyof PoolCounters): void
  /** Something that statistics show has changed. */
  changed(): void
}

/** A connection unused for longer than this is asked for a sign of life before it is lent: nothing else tells here,
 * sockets of this runtime have no TCP keepalive (workerd src/node/internal/internal_net.ts, 2026-08). */
const PING_AFTER_MS = 30_000
const PING_TIMEOUT_MS = 2_000
const CONNECT_TIMEOUT_MS = 10_000

/** Faults that say something about the way to the database rather than about one statement. */
const OPENING_FAULTS = new Set([
  'database_unavailable',
  'database_refused',
  'connection_lost',
  'database_timeout',
])

/**
 * One pool: decides who gets a connection and when one is opened. The driver's own queue stays empty, because nobody
 * is admitted before a connection is free or a place to open one is held. Invariants, tested with generated
 * histories: leases never exceed `maxSize`; whoever waits is served in order, or told why not, within its time;
 * every place in the gate that was taken is given back.
 */
export class Pool<C extends Connection = Connection> {
  readonly spec: PoolSpec
  readonly #engine: () => Promise<Engine<C>>
  readonly #around: PoolSurroundings
  readonly #queue: WaitQueue<Candidate<C>>
  readonly #openings: Openings
  /** Openings for nobody in particular: what they open is free once they have ended. */
  #fillings = 0
  readonly #openedAt: number
  #driver: EnginePool<C> | undefined
  #state: PoolState = 'opening'
  #leases = 0
  #lastUsedAt: number
  /** Connections last used before this are suspect: one of their kind was found dead. */
  #suspectBefore = 0
  #waitsForGate = false
  readonly #counters: Tally = { ...NO_COUNTERS }
  #whenIdle: (() => void) | undefined

  /** @param engine loads the engine; called once, when the pool opens */
  constructor(spec: PoolSpec, engine: () => Promise<Engine<C>>, around: PoolSurroundings) {
    this.spec = spec
    this.#engine = engine
    this.#around = around
    this.#queue = new WaitQueue(spec.maxWaiting)
    this.#openings = new Openings(around.gate)
    this.#openedAt = this.#lastUsedAt = around.clock.now()
  }

  get state(): PoolState {
    return this.#state
  }

  get lastUsedAt(): number {
    return this.#lastUsedAt
  }

  get openedAt(): number {
    return this.#openedAt
  }

  isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Whether it is open and nobody holds or awaits a connection. */
  isUnused(): boolean {
    return this.#state === 'open' && this.#leases === 0 && this.#queue.size === 0
  }

  /**
   * Whether the pool as a whole is due for replacement. Postgres retires connection by connection; the MongoDB driver
   * knows no lifetime, so there the pool is replaced before its first connections get too old.
   */
  isExpired(now: number): boolean {
    return this.#state === 'open' && this.#driver?.expiresAt !== undefined && now >= this.#driver.expiresAt
  }

  statistics(): PoolStatistics {
    const { size, free, used } = this.#driver?.counts() ?? { size: 0, free: 0, used: 0 }
    return {
      key: this.spec.key,
      tenant: this.spec.tenant,
      engine: this.spec.target.engine,
      cluster: this.spec.cluster,
      state: this.#state,
      size,
      free,
      used,
      waiting: this.#queue.size,
      min_size: this.spec.minSize,
      max_size: this.spec.maxSize,
      opened_at: this.#openedAt,
      last_used_at: this.#lastUsedAt,
      ...this.#counters,
    }
  }

  /** Makes the first connection. Throws the `Problem` that everybody who waited was told. */
  async open(): Promise<void> {
    const { gate, breaker, clock, lifetime } = this.#around
    await gate.enter()
    try {
      const engine = await this.#engine()
      this.#driver = await engine.open(
        this.spec.target,
        {
          appName: this.spec.appName,
          minSize: this.spec.minSize,
          maxSize: this.spec.maxSize,
          commandTimeoutMs: this.spec.commandTimeoutMs,
          connectTimeoutMs: CONNECT_TIMEOUT_MS,
          maxIdleMs: this.spec.maxIdleMs,
          maxUses: this.spec.maxUses,
          lifetime,
          now: () => clock.now(),
        },
        this.#hooks(),
      )
    } catch (error) {
      const problem = toProblem(error)
      breaker.failed(clock.now())
      this.#state = 'closed'
      this.#rejectAll(problem)
      throw problem
    } finally {
      gate.leave()
    }
    if (this.isClosed()) {
      // Closed by force while its first connection was still being made.
      await this.#driver.close(true)
      throw new Problem('pool_closed')
    }
    if (this.#state === 'opening') this.#state = 'open'
    this.#pump()
    this.#around.changed()
  }

  /**
   * A connection, when it is this request's turn. Throws `pool_queue_full`, `pool_timeout`, `pool_closed`,
   * `client_closed_request`, or what opening a connection ran into.
   */
  async lease(request: LeaseRequest): Promise<Lease<C>> {
    if (this.#state !== 'opening' && this.#state !== 'open') throw new Problem('pool_closed')
    if (request.signal?.aborted) throw new Problem('client_closed_request')
    this.#queue.checkRoom()
    const candidate = new Candidate<C>(request, this.#around.clock, (timedOut) => {
      this.#queue.remove(candidate)
      if (timedOut) this.#count('lease_timeouts')
      candidate.reject(
        timedOut ? this.#timeoutProblem(request.timeoutMs) : new Problem('client_closed_request'),
      )
      this.#settleIfDrained()
    })
    this.#queue.add(candidate)
    this.#lastUsedAt = candidate.since
    this.#pump()
    this.#around.changed()
    return candidate.lease
  }

  /**
   * Ends the pool: takes nobody in from now on, serves who already waits, and closes once every lease is back, or by
   * force after `deadlineMs`.
   */
  async close(deadlineMs: number): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'draining'
    this.#around.changed()
    await this.#drained(deadlineMs)
    this.#state = 'closed'
    this.#rejectAll(new Problem('pool_closed'))
    // A connection that cannot be closed properly is gone already; nobody who closes a pool could do more about it.
    await this.#driver?.close(this.#leases > 0).catch(() => {})
    this.#around.changed()
  }

  #drained(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#around.clock.after(deadlineMs, resolve)
      this.#whenIdle = () => {
        cancel()
        resolve()
      }
      this.#settleIfDrained()
    })
  }

  #settleIfDrained(): void {
    if (this.#leases === 0 && this.#queue.size === 0) this.#whenIdle?.()
  }

  /** Admits whom there is a connection for, has connections opened for others, and fills up to the minimum. */
  #pump(): void {
    const driver = this.#driver
    if (!driver || this.#state === 'closed') return
    while (this.#queue.size > 0) {
      const taken = this.#leases + this.#fillings - this.#openings.size
      const open = taken < driver.counts().size
      if (!open && !this.#mayOpen(driver)) return
      const candidate = this.#queue.take()
      if (!candidate) return
      if (!open) this.#openings.begin(candidate)
      this.#leases++
      void this.#serve(driver, candidate)
    }
    this.#fill(driver)
  }

  /** Takes a place in the gate, if the pool may grow and a place is free. */
  #mayOpen(driver: EnginePool<C>): boolean {
    const { breaker, clock, gate } = this.#around
    if (driver.counts().size + this.#openings.size >= this.spec.maxSize || this.#leases >= this.spec.maxSize)
      return false
    const now = clock.now()
    if (breaker.pausedFor(now) > 0) {
      // Nothing will come back to those who wait here: better an honest no than their whole time.
      if (driver.counts().size === 0 && this.#leases === 0) this.#rejectAll(pausedProblem(breaker, now))
      return false
    }
    if (!gate.tryEnter()) {
      if (!this.#waitsForGate) {
        this.#waitsForGate = true
        gate.whenFree(() => {
          this.#waitsForGate = false
          this.#pump()
        })
      }
      return false
    }
    if (!breaker.allows(now)) {
      gate.leave()
      return false
    }
    return true
  }

  #fill(driver: EnginePool<C>): void {
    if (!driver.grow || this.#state !== 'open') return
    while (driver.counts().size + this.#openings.size < this.spec.minSize && this.#mayOpen(driver)) {
      const filling = {}
      this.#openings.begin(filling)
      this.#fillings++
      void driver
        .grow()
        .catch((error: unknown) => this.#openingFailed(toProblem(error)))
        .finally(() => {
          this.#fillings--
          this.#openings.end(filling)
          this.#pump()
        })
    }
  }

  async #serve(driver: EnginePool<C>, candidate: Candidate<C>): Promise<void> {
    let checkout: Checkout<C>
    try {
      checkout = await this.#takeLive(driver, candidate)
    } catch (error) {
      const problem = toProblem(error)
      this.#leases--
      this.#openings.end(candidate)
      this.#openingFailed(problem)
      candidate.reject(problem)
      this.#settleIfDrained()
      this.#pump()
      return
    }
    // What a driver with `grow` has checked out is open; another one opens it when it is first used.
    if (driver.grow) this.#openings.end(candidate)
    // The pool's time was up, if not the candidate's own, while the connection was being opened.
    if (this.isClosed()) candidate.reject(new Problem('pool_closed'))
    if (!candidate.isWaiting()) {
      // The next one in line can have it.
      await this.#giveBack(candidate, checkout)
      return
    }
    this.#count('leases')
    if (checkout.lastUsedAt !== undefined) this.#count('reuses')
    const waitMs = this.#around.clock.now() - candidate.since
    candidate.resolve(new Lease(checkout, waitMs, (returned) => this.#giveBack(candidate, returned)))
    this.#pump()
    this.#around.changed()
  }

  /** A connection that is known to be alive, or was used a moment ago. */
  async #takeLive(driver: EnginePool<C>, holder: object): Promise<Checkout<C>> {
    const first = await driver.checkout()
    if (!this.#isSuspect(first)) return first
    try {
      await first.ping(PING_TIMEOUT_MS)
      return first
    } catch {
      await first.release(false)
      await driver.retireFree()
    }
    if (!this.#openings.has(holder)) {
      await this.#around.gate.enter()
      this.#openings.begin(holder)
    }
    return await driver.checkout()
  }

  #isSuspect(checkout: Checkout<C>): boolean {
    const { lastUsedAt } = checkout
    if (lastUsedAt === undefined) return false
    return lastUsedAt < this.#suspectBefore || this.#around.clock.now() - lastUsedAt > PING_AFTER_MS
  }

  async #giveBack(holder: object, checkout: Checkout<C>): Promise<void> {
    try {
      await checkout.release(this.#state !== 'closed')
    } finally {
      this.#leases--
      this.#lastUsedAt = this.#around.clock.now()
      this.#openings.end(holder)
      this.#settleIfDrained()
      this.#pump()
      this.#around.changed()
    }
  }

  #openingFailed(problem: Problem): void {
    if (!OPENING_FAULTS.has(problem.code)) return
    const { breaker, clock } = this.#around
    breaker.failed(clock.now())
    if (breaker.pausedFor(clock.now()) > 0 && this.#driver?.counts().size === 0) this.#rejectAll(problem)
  }

  #hooks(): EngineHooks {
    const { breaker, clock, slowQueryMs } = this.#around
    return {
      connectionOpened: () => {
        this.#count('connections_created')
        breaker.succeeded()
        this.#openings.opened()
        this.#pump()
        this.#around.changed()
      },
      connectionClosed: () => {
        this.#count('connections_closed')
        this.#around.changed()
      },
      connectionFailed: () => {
        this.#count('connection_errors')
        this.#suspectBefore = clock.now()
      },
      commandEnded: (durationMs) => {
        if (durationMs >= slowQueryMs) this.#count('slow_queries')
      },
    }
  }

  #count(name: keyof PoolCounters): void {
    this.#counters[name]++
    this.#around.count(name)
  }

  #rejectAll(problem: Problem): void {
    for (const candidate of this.#queue.clear()) candidate.reject(problem)
    this.#settleIfDrained()
  }

  #timeoutProblem(timeoutMs: number): Problem {
    const { size, used } = this.#driver?.counts() ?? { size: 0, used: 0 }
    return new Problem('pool_timeout', {
      detail:
        `No connection became free within ${timeoutMs} ms: ${used} of ${size} open connections in use, ` +
        `at most ${this.spec.maxSize} allowed, ${this.#queue.size} waiting.`,
      retryAfter: 1,
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
