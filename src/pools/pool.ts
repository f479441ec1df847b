import type {
  Checkout,
  Engine,
  EngineCounts,
  EngineHooks,
  EnginePool,
  PooledConnection,
} from '../engines/engine.ts'
import { Problem, toProblem } from '../problem.ts'
import { Allowance } from './allowance.ts'
import { Candidate, type LeaseRequest } from './candidate.ts'
import { CommandMeter } from './command-meter.ts'
import { Drain } from './drain.ts'
import { openDriver } from './driver-opening.ts'
import { FairQueue } from './fair-queue.ts'
import { Growth } from './growth.ts'
import { Lease } from './lease.ts'
import { Liveness } from './liveness.ts'
import type { PoolSpec, PoolSurroundings } from './pool-spec.ts'
import type { QuotaPool } from './quota.ts'
import { budgetProblem, timeoutProblem } from './refusals.ts'
import type { PoolState, PoolStatistics } from './statistics.ts'

/**
 * One pool: decides who gets a connection; when one is opened, its `Growth` decides. The driver's own queue stays
 * empty, because nobody is admitted before a connection is free or a place to open one is held. Invariants, tested
 * with generated histories: connections never exceed what was granted; whoever waits is served in order, or told why not, within
 * its time; every place in the gate that was taken is given back.
 */
export class Pool<C extends PooledConnection = PooledConnection> implements QuotaPool {
  readonly id: string
  readonly spec: PoolSpec
  readonly #engine: () => Promise<Engine<C>>
  readonly #around: PoolSurroundings
  readonly #queue: FairQueue<Candidate<C>>
  readonly #growth: Growth<C>
  readonly #allowance: Allowance
  readonly #liveness: Liveness
  readonly #drain: Drain
  readonly #meter: CommandMeter<C>
  readonly #openedAt: number
  #driver: EnginePool<C> | undefined
  #state: PoolState = 'opening'
  #leases = 0
  /** Openings and closings of the pool as a whole that are under way. */
  #tasks = 0
  #lastUsedAt: number

  /**
   * @param id unique in the host's life
   * @param engine loads the engine; called once, when the pool opens
   */
  constructor(id: string, spec: PoolSpec, engine: () => Promise<Engine<C>>, around: PoolSurroundings) {
    this.id = id
    this.spec = spec
    this.#engine = engine
    this.#around = around
    this.#allowance = new Allowance((size) => around.quota.giveBack(this, size))
    this.#queue = new FairQueue(() => around.clock.now())
    this.#liveness = new Liveness(around.clock)
    this.#meter = new CommandMeter({ spec, ...around })
    this.#drain = new Drain(around.clock, () => this.#leases === 0 && this.#queue.size === 0)
    this.#growth = new Growth(spec, around, {
      leases: () => this.#leases,
      maxSize: () => this.#allowance.maxSize,
      askForMore: () => around.quota.askForMore(this),
      isOpen: () => this.#state === 'open',
      retry: () => {
        this.#settleAllowance()
        this.#pump()
      },
      refuse: (problem) => this.#rejectAll(problem),
    })
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

  /** Whether it takes nobody in any more. */
  isEnding(): boolean {
    return this.#state === 'draining' || this.#state === 'closed'
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
    const { size, free, used } = this.#counts()
    return {
      id: this.id,
      key: this.spec.key,
      tenant: this.spec.tenant,
      tier: this.spec.tier ?? null,
      engine: this.spec.target.engine,
      cluster: this.spec.cluster,
      state: this.#state,
      size,
      free,
      used,
      waiting: this.#queue.size,
      min_size: Math.min(this.spec.minSize, this.#allowance.maxSize),
      max_size: this.#allowance.maxSize,
      wanted_size: this.spec.maxSize,
      opened_at: this.#openedAt,
      last_used_at: this.#lastUsedAt,
      ...this.#around.tally.counters(),
    }
  }

  /** Whether somebody waits for a connection. */
  isAwaited(): boolean {
    return this.#queue.size > 0
  }

  /**
   * Has connections granted and makes the first one. Throws the `Problem` that everybody who waited was told.
   * @param isWanted whether to go on waiting for a grant
   */
  async open(isWanted: () => boolean): Promise<void> {
    this.#tasks++
    try {
      await this.#open(isWanted)
    } finally {
      this.#taskEnded()
    }
  }

  async #open(isWanted: () => boolean): Promise<void> {
    const { quota } = this.#around
    const goesOn = () => !this.isClosed() && isWanted()
    let granted: number | undefined
    do granted = await quota.claim(this, goesOn)
    while (granted === undefined && goesOn())
    if (granted === undefined || this.isClosed()) throw this.#notOpened()
    this.grant(granted)
    try {
      this.#driver = await openDriver({
        spec: this.spec,
        around: this.#around,
        engine: this.#engine,
        maxSize: () => this.#allowance.maxSize,
        hooks: this.#hooks(),
      })
    } catch (error) {
      const problem = toProblem(error)
      this.#ended()
      this.#rejectAll(problem)
      throw problem
    }
    if (this.isClosed()) {
      // Closed by force while its first connection was still being made.
      await this.#driver.close(true)
      throw new Problem('pool_closed')
    }
    if (this.#state === 'opening') this.#state = 'open'
    // What it may have can have changed meanwhile.
    this.#resize()
  }

  /** Takes in that it may have `size` connections. */
  grant(size: number): void {
    this.#allowance.grant(size)
    this.#resize()
  }

  /** Gives back all but `keep` connections, 1 at least: free ones now, the others when their leases return. */
  recall(keep: number): void {
    this.#allowance.recall(keep)
    this.#resize()
  }

  #resize(): void {
    this.#driver?.resize?.(this.#allowance.maxSize)
    this.#settleAllowance()
    this.#pump()
    this.#around.changed()
  }

  #ended(): void {
    this.#state = 'closed'
    this.#growth.stop()
  }

  #taskEnded(): void {
    this.#tasks--
    this.#settleAllowance()
  }

  /** Gives back what is closed; all of it only when no lease is out, which a pool that was closed by force may have. */
  #settleAllowance(): void {
    const opening = this.#growth.openings.size
    if (!this.isClosed()) {
      // With MongoDB's driver a lease may open its connection later.
      this.#allowance.settle(Math.max(this.#leases, this.#counts().size + opening))
    } else if (this.#leases + opening + this.#tasks === 0) this.#allowance.end()
  }

  #counts(): EngineCounts {
    return this.#driver?.counts() ?? { size: 0, free: 0, used: 0 }
  }

  /** Nobody waits for a grant any more. */
  #notOpened(): Problem {
    const problem = this.isClosed() ? new Problem('pool_closed') : budgetProblem()
    this.#ended()
    this.#rejectAll(problem)
    return problem
  }

  /**
   * A connection, when it is this request's turn. Throws `pool_queue_full`, `pool_timeout`, `budget_exhausted`,
   * `pool_closed`, `client_closed_request`, or what opening a connection ran into.
   */
  async lease(request: LeaseRequest): Promise<Lease<C>> {
    if (this.isEnding()) throw new Problem('pool_closed')
    this.#queue.checkRoom(request)
    const candidate = new Candidate<C>(request, this.#around, (timedOut) => {
      this.#queue.remove(candidate)
      candidate.reject(timedOut ? this.#timedOut(candidate, request) : new Problem('client_closed_request'))
      this.#drain.settle()
    })
    this.#queue.add(candidate)
    this.#lastUsedAt = candidate.since
    this.#pump()
    if (this.#queue.has(candidate)) candidate.watch()
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
    this.#tasks++
    this.#around.changed()
    await this.#drain.wait(deadlineMs)
    this.#ended()
    this.#rejectAll(new Problem('pool_closed'))
    // A connection that cannot be closed properly is gone already; nobody who closes a pool could do more about it.
    await this.#driver?.close(this.#leases > 0).catch(() => {})
    this.#taskEnded()
    this.#around.changed()
  }

  /** Admits whom there is a connection for, has connections opened for others, and fills up to the minimum. */
  #pump(): void {
    const driver = this.#driver
    if (!driver || this.#state === 'closed') return
    while (this.#queue.hasTurn(this.#allowance.maxSize)) {
      const open = this.#growth.hasFree(driver)
      if (!open && !this.#growth.tryEnter(driver)) return
      const candidate = this.#queue.take()
      if (!candidate) return
      if (!open) {
        this.#growth.openings.begin(candidate)
        candidate.watch()
      }
      this.#leases++
      void this.#serve(driver, candidate)
    }
    // Who waits may not have what is left, for the sake of others: in a larger pool there would be more.
    if (this.#queue.size > 0) this.#growth.askForMore()
    this.#growth.fill(driver)
  }

  async #serve(driver: EnginePool<C>, candidate: Candidate<C>): Promise<void> {
    let checkout: Checkout<C>
    try {
      checkout = await this.#liveness.checkout(
        driver,
        () => {
          candidate.watch()
          return this.#growth.enter(candidate)
        },
        candidate.deadline,
      )
    } catch (error) {
      const problem = toProblem(error)
      this.#leases--
      this.#growth.openings.end(candidate)
      // Opening and serving are two things: a connection that could not be opened is no reason to refuse a request that
      // another one of the pool can serve.
      const canWait = this.#growth.failed(driver, problem) && candidate.isWaiting() && !this.isClosed()
      if (canWait) this.#queue.putBack(candidate)
      else {
        this.#queue.returned(candidate)
        candidate.reject(problem)
      }
      this.#settleAllowance()
      this.#drain.settle()
      this.#pump()
      return
    }
    // What a driver with `grow` has checked out is open; another one opens it when it is first used.
    if (driver.grow) this.#growth.openings.end(candidate)
    // The pool's time was up, if not the candidate's own, while the connection was being opened.
    if (this.isClosed()) candidate.reject(new Problem('pool_closed'))
    if (!candidate.isWaiting()) {
      // The next one in line can have it.
      await this.#giveBack(candidate, checkout)
      return
    }
    this.#meter.lent(checkout.connection, candidate)
    const { clock, tally } = this.#around
    const leasedAt = clock.now()
    const waitMs = leasedAt - candidate.since
    tally.count('leases')
    if (checkout.lastUsedAt !== undefined) tally.count('reuses')
    tally.waited(waitMs)
    candidate.resolve(
      new Lease(checkout, waitMs, (returned) => {
        const settled = this.#giveBack(candidate, returned, leasedAt)
        if (!returned.isBusy?.()) return settled
        // On a connection that does not answer the last statement may take long to end. Nobody waits for that: until
        // then it counts as used, and the budget with it, and whatever becomes of it is seen to here.
        settled.catch(() => {})
        return Promise.resolve()
      }),
    )
    this.#pump()
    this.#around.changed()
  }

  /** @param leasedAt absent for a connection that came too late to be lent */
  async #giveBack(holder: Candidate<C>, checkout: Checkout<C>, leasedAt?: number): Promise<void> {
    const isAbove = this.#counts().size > this.#allowance.maxSize
    try {
      await checkout.release(this.#state !== 'closed' && !isAbove)
    } finally {
      this.#meter.returned(checkout.connection)
      this.#leases--
      this.#queue.returned(holder)
      this.#lastUsedAt = this.#around.clock.now()
      if (leasedAt !== undefined) this.#around.tally.used(this.#lastUsedAt - leasedAt)
      this.#growth.openings.end(holder)
      this.#settleAllowance()
      this.#drain.settle()
      this.#pump()
      this.#around.changed()
    }
  }

  #hooks(): EngineHooks {
    const { breaker, tally } = this.#around
    return {
      connectionOpened: (durationMs) => {
        tally.opened(durationMs)
        breaker.succeeded()
        this.#growth.openings.opened()
        this.#pump()
        this.#around.changed()
      },
      connectionClosed: () => {
        tally.count('connections_closed')
        this.#settleAllowance()
        this.#around.changed()
      },
      connectionFailed: () => {
        tally.count('connection_errors')
        this.#liveness.suspectAll()
      },
      commandEnded: (command) => this.#meter.ended(command),
    }
  }

  #rejectAll(problem: Problem): void {
    for (const candidate of this.#queue.clear()) candidate.reject(problem)
    this.#drain.settle()
  }

  /** Counts and tells that a request's time was up; the answer is why. */
  #timedOut(holder: Candidate<C>, { timeoutMs }: LeaseRequest): Problem {
    const { maxSize } = this.#allowance
    const problem =
      maxSize === 0
        ? budgetProblem()
        : timeoutProblem(timeoutMs, { ...this.#counts(), maxSize, waiting: this.#queue.size })
    this.#around.tally.count('lease_timeouts')
    this.#around.notify({
      event: 'lease.timeout',
      spec: this.spec,
      holder,
      waitMs: timeoutMs,
      code: problem.code,
    })
    return problem
  }
}
