import type { Checkout, Connection, Engine, EngineHooks, EnginePool, Target } from '../engines/engine.ts'
import { Problem, toProblem } from '../problem.ts'
import type { Breaker } from './breaker.ts'
import { Candidate, type LeaseRequest } from './candidate.ts'
import type { Clock } from './clock.ts'
import { Lease } from './lease.ts'
import type { OpeningGate } from './opening-gate.ts'
import {
  type Cluster,
  NO_COUNTERS,
  type PoolCounters,
  type PoolState,
  type PoolStatistics,
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
  /** Places in the gate held by this pool, each by a lease or a filling that is having a connection opened. */
  readonly #places = new Set<object>()
  readonly #openedAt: number
  #driver: EnginePool<C> | undefined
  #state: PoolState = 'opening'
  #leases = 0
  #lastUsedAt: number
  /** Connections last used before this are suspect: one of their kind was found dead. */
  #suspectBefore = 0
  #waitsForGate = false
  #counters: { -readonly [name in keyof PoolCounters]: number } = { ...NO_COUNTERS }
  #whenIdle: (() => void) | undefined

  /** @param engine loads the engine; called once, when the pool opens */
  constructor(spec: PoolSpec, engine: () => Promise<Engine<C>>, around: PoolSurroundings) {
    this.spec = spec
    this.#engine = engine
    this.#around = around
    this.#queue = new WaitQueue(spec.maxWaiting)
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
      if (timedOut) this.#counters.lease_timeouts++
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
    await this.#driver?.close(this.#leases > 0)
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
      const open = this.#leases - this.#places.size < driver.counts().size
      if (!open && !this.#mayOpen(driver)) return
      const candidate = this.#queue.take()
      if (!candidate) return
      if (!open) this.#places.add(candidate)
      this.#leases++
      void this.#serve(driver, candidate)
    }
    this.#fill(driver)
  }

  /** Takes a place in the gate, if the pool may grow and a place is free. */
  #mayOpen(driver: EnginePool<C>): boolean {
    const { breaker, clock, gate } = this.#around
    if (driver.counts().size + this.#places.size >= this.spec.maxSize || this.#leases >= this.spec.maxSize)
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
    while (driver.counts().size + this.#places.size < this.spec.minSize && this.#mayOpen(driver)) {
      const place = {}
      this.#places.add(place)
      void driver
        .grow()
        .catch((error: unknown) => this.#openingFailed(toProblem(error)))
        .finally(() => {
          this.#leavePlace(place)
          this.#pump()
        })
    }
  }

  async #serve(driver: EnginePool<C>, candidate: Candidate<C>): Promise<void> {
    try {
      const checkout = await this.#takeLive(driver, candidate)
      if (!candidate.isWaiting()) {
        // Its time was up while the connection was being opened; the next one in line can have it.
        await this.#giveBack(candidate, checkout)
        return
      }
      this.#counters.leases++
      if (checkout.lastUsedAt !== undefined) this.#counters.reuses++
      const waitMs = this.#around.clock.now() - candidate.since
      candidate.resolve(new Lease(checkout, waitMs, (returned) => this.#giveBack(candidate, returned)))
      this.#around.changed()
    } catch (error) {
      const problem = toProblem(error)
      this.#leases--
      this.#leavePlace(candidate)
      this.#openingFailed(problem)
      if (candidate.isWaiting()) candidate.reject(problem)
      this.#settleIfDrained()
      this.#pump()
    }
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
    if (!this.#places.has(holder)) {
      await this.#around.gate.enter()
      this.#places.add(holder)
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
      this.#leavePlace(holder)
      this.#settleIfDrained()
      this.#pump()
      this.#around.changed()
    }
  }

  #leavePlace(holder: object): void {
    if (this.#places.delete(holder)) this.#around.gate.leave()
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
        this.#counters.connections_created++
        breaker.succeeded()
        const [oldest] = this.#places
        if (oldest) this.#leavePlace(oldest)
        this.#pump()
        this.#around.changed()
      },
      connectionClosed: () => {
        this.#counters.connections_closed++
        this.#around.changed()
      },
      connectionFailed: () => {
        this.#counters.connection_errors++
        this.#suspectBefore = clock.now()
      },
      commandEnded: (durationMs) => {
        if (durationMs >= slowQueryMs) this.#counters.slow_queries++
      },
    }
  }

  #rejectAll(problem: Problem): void {
    for (const candidate of this.#queue.clear()) candidate.reject(problem)
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
