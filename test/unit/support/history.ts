import { expect } from 'vitest'
import type { LeaseRequest } from '../../../src/pools/candidate.ts'
import { type ClusterPoolCounters, NO_POOL_COUNTERS } from '../../../src/pools/counters.ts'
import type { Lease } from '../../../src/pools/lease.ts'
import type { Pool } from '../../../src/pools/pool.ts'
import type { PoolSpec } from '../../../src/pools/pool-spec.ts'
import { Problem, type ProblemCode } from '../../../src/problem.ts'
import { settle } from './clock.ts'
import { checkGrowth, countOf } from './counters.ts'
import { fakeOf } from './engine.ts'
import type { FakeHost } from './host.ts'
import { Operations } from './mongo-engine.ts'
import type { FakeQuota } from './quota.ts'

/** A request of a history and what has become of it. */
export interface Asked {
  readonly pool: Pool | undefined
  readonly until: number
  readonly caller: AbortController
  answer: Lease | ProblemCode | undefined
}

/** What a pool may answer when it has no connection to lend. */
const REFUSALS: ReadonlySet<ProblemCode> = new Set([
  'budget_exhausted',
  'client_closed_request',
  'database_unavailable',
  'pool_cache_full',
  'pool_closed',
  'pool_queue_full',
  'pool_timeout',
] as const)

/** What a request is told whose time is up. */
const TIMEOUTS: ReadonlySet<unknown> = new Set(['pool_timeout', 'budget_exhausted'])

/** Runs a history on a host and checks, step by step, what must hold whatever happens. */
export class History {
  readonly host: FakeHost
  readonly asked: Asked[] = []
  readonly out: Lease[] = []
  readonly quota: FakeQuota
  #counted: ClusterPoolCounters = NO_POOL_COUNTERS

  constructor(host: FakeHost, quota: FakeQuota) {
    this.host = host
    this.quota = quota
    host.engine.held = true
  }

  ask(key: string, spec: Partial<PoolSpec>, request: Pick<LeaseRequest, 'timeoutMs' | 'maxWaiting'>): void {
    const caller = new AbortController()
    const lease = this.host.lease(key, spec, { ...request, client: caller })
    const until = this.host.clock.now() + request.timeoutMs
    const asked: Asked = { pool: this.host.cache.find(key), until, caller, answer: undefined }
    this.asked.push(asked)
    lease.then(
      (answer) => {
        this.#answer(asked, answer)
        this.out.push(answer)
        this.#checkTurn(asked)
      },
      (error: unknown) => {
        expect(error).toBeInstanceOf(Problem)
        const { code } = error as Problem
        expect(REFUSALS).toContain(code)
        this.#answer(asked, code)
      },
    )
  }

  async release(index: number, broken: boolean): Promise<void> {
    const [lease] = this.out.splice(index % Math.max(1, this.out.length), 1)
    if (!lease) return
    fakeOf(lease).broken = broken
    await lease.release()
  }

  /** What must hold at every moment. */
  async check(): Promise<void> {
    await settle()
    const { cache, clock, engine } = this.host
    expect(engine.misuses).toEqual([])
    const connections = this.out.map((lease) => lease.connection)
    expect(new Set(connections).size, 'a connection is lent twice').toBe(connections.length)
    for (const pool of engine.pools) {
      const leases = this.out.filter((lease) => fakeOf(lease).pool === pool)
      expect(leases.length).toBeLessThanOrEqual(pool.options.largestSize)
      expect(pool.connections.size).toBeLessThanOrEqual(pool.options.largestSize)
    }
    for (const { answer, until } of this.asked) {
      if (answer === undefined) expect(until, 'a request waits beyond its time').toBeGreaterThan(clock.now())
    }
    this.#checkGrants()
    const busy = this.out.length > 0 || engine.openings.length > 0 || this.quota.asked.length > 0
    for (const { waiting } of cache.statistics()) {
      if (!busy) expect(waiting, 'somebody waits for nothing').toBe(0)
    }
    this.#checkCounters()
  }

  /** Lets everything end, and checks that nothing is left. */
  async end(): Promise<void> {
    const { cache, clock, engine } = this.host
    engine.held = false
    engine.failure = undefined
    this.quota.held = false
    for (const asked of [...this.quota.asked]) asked.grant(1)
    const closed = cache.closeAll()
    const isOver = () => cache.isEmpty() && this.out.length === 0 && engine.openings.length === 0
    for (let round = 0; round < 100 && !isOver(); round++) {
      for (const asked of [...this.quota.asked]) asked.grant(1)
      for (const opening of [...engine.openings]) opening.succeed()
      await settle()
      await this.release(0, false)
    }
    expect(cache.statistics(), 'a pool does not end').toEqual([])
    await closed
    await settle()
    expect(this.asked.filter(({ answer }) => answer === undefined)).toHaveLength(0)
    const left = engine.pools.reduce((sum, { connections }) => sum + connections.size, 0)
    expect(left, 'connections are left open').toBe(0)
    expect(clock.timers).toBe(0)
    expect(this.quota.granted, 'connections stay granted').toEqual(new Map())
    this.#checkCounters()
    expect(this.#counted.connections_closed).toBe(this.#counted.connections_created)
    await this.#checkPlaces()
  }

  /** Nobody has more connections than were granted, those being opened included. */
  #checkGrants(): void {
    for (const { id, size, max_size, state } of this.host.cache.statistics()) {
      if (state === 'closed') continue
      const granted = this.quota.granted.get(id) ?? 0
      expect(max_size, 'a pool takes itself for larger than it was granted').toBeLessThanOrEqual(granted)
      expect(size, 'a pool has more than it was granted').toBeLessThanOrEqual(granted)
    }
  }

  #answer(asked: Asked, answer: Lease | ProblemCode): void {
    expect(asked.answer, 'a request is answered twice').toBeUndefined()
    asked.answer = answer
  }

  /**
   * Whoever asked before and is still unanswered must have left the queue: for him a connection is being opened. So of
   * the unanswered ones of this pool, no more than those who came later can be in the queue.
   */
  #checkTurn(served: Asked): void {
    const index = this.asked.indexOf(served)
    const later = this.asked.slice(index + 1).filter((asked) => isWaiting(asked, served.pool))
    const waiting = served.pool?.statistics().waiting ?? 0
    expect(waiting, 'a request was overtaken in the queue').toBeLessThanOrEqual(later.length)
  }

  #checkCounters(): void {
    const now = this.host.cache.counters().get('postgres') ?? NO_POOL_COUNTERS
    checkGrowth(this.#counted, now)
    this.#counted = now
    const answers = this.asked.map(({ answer }) => answer)
    expect(now.leases).toBe(answers.filter((answer) => typeof answer === 'object').length)
    expect(now.lease_timeouts).toBe(answers.filter((answer) => TIMEOUTS.has(answer)).length)
    expect(countOf(now.wait), 'a wait is missing').toBe(now.leases)
    expect(countOf(now.use), 'a use is missing').toBe(now.leases - this.out.length)
    const closed = Object.values(now.pools_closed).reduce((sum, count) => sum + count, 0)
    expect(now.pools_opened - closed, 'a pool did not end once').toBe(this.host.cache.statistics().length)
    expect(now.connections_created).toBeLessThanOrEqual(this.host.engine.opened)
  }

  /** All four places of the gate are free again: a new tenant may have four connections opened at once. */
  async #checkPlaces(): Promise<void> {
    const { cache, engine } = this.host
    const size = { maxSize: 5 }
    const first = await this.host.lease('new', size)
    await operate(first)
    engine.held = true
    const leases = Array.from({ length: 4 }, () => this.host.lease('new', size))
    const begun = leases.map(async (lease) => operate(await lease))
    await settle()
    expect(engine.openings, 'a place in the gate was kept').toHaveLength(4)
    for (const opening of [...engine.openings]) opening.succeed()
    await Promise.all(begun)
    for (const lease of [first, ...leases]) await (await lease).release()
    await cache.closeAll()
  }
}

function isWaiting(asked: Asked, pool: Pool | undefined): boolean {
  return asked.pool === pool && asked.answer === undefined
}

/** What makes a driver like MongoDB's open a connection. */
export async function operate(lease: Lease | undefined): Promise<void> {
  const connection: unknown = lease?.connection
  if (connection instanceof Operations) await connection.begin()
}
