import { Deadlines } from '../deadlines.ts'
import type { Engine, PooledConnection } from '../engines/engine.ts'
import { LruMap } from '../lru-map.ts'
import { Problem } from '../problem.ts'
import { Breaker } from './breaker.ts'
import type { LeaseRequest } from './candidate.ts'
import type { Clock } from './clock.ts'
import type { LeaseNotice } from './command-meter.ts'
import type { ClusterPoolCounters } from './counters.ts'
import { pausedProblem } from './growth.ts'
import type { Lease } from './lease.ts'
import { jitteredLifetime } from './lifetime.ts'
import { OpeningGate } from './opening-gate.ts'
import { Pool } from './pool.ts'
import type { PoolSpec } from './pool-spec.ts'
import type { Quota } from './quota.ts'
import type { CloseReason, Cluster, PoolStatistics } from './statistics.ts'
import { Sweeper } from './sweeper.ts'
import { ClusterTally, PoolTally } from './tally.ts'

/** What happened to a pool, told once. */
export type PoolEvent = { readonly event: 'pool.opened'; readonly pool: PoolStatistics } | PoolEnding

type PoolEnding =
  | { readonly event: 'pool.closed'; readonly pool: PoolStatistics; readonly reason: CloseReason }
  | { readonly event: 'pool.error'; readonly pool: PoolStatistics; readonly code: string }

export interface PoolCacheOptions {
  readonly engine: (spec: PoolSpec) => Promise<Engine>
  readonly quota: Quota
  readonly maxPools: number
  /** How long a closing pool waits for its leases, in ms. */
  readonly drainMs: number
  readonly lifetimeMs: number
  readonly slowQueryMs: number
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly onEvent: (event: PoolEvent) => void
  readonly onNotice: (notice: LeaseNotice) => void
  /** Called often: whenever a number of the statistics has changed. */
  readonly onChange: () => void
}

/** A pool that was used so recently is not unused to those who need connections. */
const QUIET_MS = 250
/** Two of the six connections that may be connecting at a time stay free, for Redis and the Ledger. */
const OPENINGS_AT_ONCE = 4
/** Breakers outlive their pools; this many are remembered. */
const MAX_BREAKERS = 10_000
/** After five failed openings in a row one is tried a second. */
const SERVER_PAUSES = { failuresToTrip: 5, firstPauseMs: 1_000, longestPauseMs: 1_000, spread: () => 1 }
/** See `LONGEST_LIFETIME` in config.ts: the jitter stays below it. */
const LONGEST_LIFETIME_MS = 840_000

/**
 * The tenant-keyed pools of one host. Callers for one key share one opening; a failed opening is not kept; the least
 * recently used pool makes room when the cache is full, but never one with leases out; what is idle is closed; a
 * timer runs only while something is open, because a timer keeps the object in memory.
 */
export class PoolCache {
  readonly #options: PoolCacheOptions
  readonly #gate = new OpeningGate(OPENINGS_AT_ONCE)
  /** Never more than `maxPools`, for which room is made before: it drops none by itself. */
  readonly #pools: LruMap<string, Pool>
  /** Every pool whose ending has not been told, those that are draining too. */
  readonly #alive = new Set<Pool>()
  readonly #breakers = new LruMap<string, Breaker>(MAX_BREAKERS)
  #opened = 0
  /** Recyclings under way, by key. */
  readonly #recyclings = new Map<string, Promise<boolean>>()
  readonly #tallies = new Map<Cluster, ClusterTally>()
  readonly #deadlines: Deadlines
  readonly #sweeper: Sweeper

  constructor(options: PoolCacheOptions) {
    this.#options = options
    this.#deadlines = new Deadlines(options.clock)
    this.#pools = new LruMap(options.maxPools)
    this.#sweeper = new Sweeper({
      clock: options.clock,
      pools: () => [...this.#alive],
      retire: (pool, reason) => void this.#retire(pool, reason),
    })
  }

  /** How many pools are open or opening. */
  get size(): number {
    return this.#pools.size
  }

  /** Whether no pool is left, draining ones included. */
  isEmpty(): boolean {
    return this.#alive.size === 0
  }

  /** Whether a pool of `cluster` is left, draining ones included. On the hot path. */
  hasPools(cluster: Cluster): boolean {
    for (const pool of this.#alive) if (pool.spec.cluster === cluster) return true
    return false
  }

  /**
   * A connection's worth of the pool that `spec` describes, opened if need be. Throws what `Pool.lease` throws,
   * `pool_cache_full`, or `database_unavailable` while the database of this key is given a pause.
   */
  async lease(spec: PoolSpec, request: LeaseRequest): Promise<Lease<PooledConnection>> {
    const current = this.#pools.get(spec.key)
    const pool = current && !current.isClosed() ? current : this.#open(spec)
    return pool.lease(request)
  }

  find(key: string): Pool | undefined {
    return this.#pools.peek(key)
  }

  /** Closes the pool of `key` once its leases are back; `false` when there is none. */
  async close(key: string, reason: CloseReason = 'drained'): Promise<boolean> {
    const pool = this.#pools.peek(key)
    if (!pool) return false
    await this.#retire(pool, reason)
    return true
  }

  /**
   * Replaces the pool of `key` without refusing anybody: the new pool makes its first connection, then requests go
   * there, and the old one closes once its leases are back. `false` when there is none. Throws what opening throws; the
   * old pool stays then. Callers for one key share one replacement.
   */
  recycle(key: string): Promise<boolean> {
    const current = this.#recyclings.get(key)
    if (current) return current
    const attempt = this.#replace(key).finally(() => this.#recyclings.delete(key))
    this.#recyclings.set(key, attempt)
    return attempt
  }

  /** Closes every pool; the answer is how many there were. */
  async closeAll(reason: CloseReason = 'drained'): Promise<number> {
    const pools = [...this.#pools.oldestFirst()].map(([, pool]) => pool)
    await Promise.all(pools.map((pool) => this.#retire(pool, reason)))
    return pools.length
  }

  /** Lets the pool of `id` have `size` connections. */
  grant(id: string, size: number): void {
    this.#byId(id)?.grant(size)
  }

  /**
   * Has connections of the pool of `id` given back, all but `keep`; with 0 it closes, once its leases are back. What
   * follows is told to the quota. `busy` is a pool that is only opening; `unknown` when there is no such pool.
   * @param onlyIfUnused leaves a pool as it is that somebody uses, or used a moment ago: `busy`
   */
  recall(id: string, keep: number, onlyIfUnused: boolean): 'recalled' | 'busy' | 'unknown' {
    const pool = this.#byId(id)
    if (!pool) return 'unknown'
    if (pool.isEnding()) return 'recalled'
    if (pool.state === 'opening') return 'busy'
    if (onlyIfUnused && !this.#isQuiet(pool)) return 'busy'
    if (keep === 0) void this.#retire(pool, 'recalled')
    else pool.recall(keep)
    return 'recalled'
  }

  /** Pools at this moment, draining ones included. */
  statistics(): PoolStatistics[] {
    return [...this.#alive].map((pool) => pool.statistics())
  }

  /** Everything that was ever counted here on each cluster, by pools that are gone too. */
  counters(): ReadonlyMap<Cluster, ClusterPoolCounters> {
    return new Map([...this.#tallies].map(([cluster, tally]) => [cluster, tally.counters()]))
  }

  /** Puts a pool that is being opened into the map, so that all who come now wait for it. */
  #open(spec: PoolSpec): Pool {
    const { pool, opened } = this.#create(spec, {
      makeRoom: () => this.#makeRoom(),
      isWanted: () => pool.isAwaited(),
    })
    this.#pools.set(spec.key, pool)
    // Who waits for the pool is told by the pool.
    opened.catch(() => {})
    return pool
  }

  async #replace(key: string): Promise<boolean> {
    const old = this.#pools.peek(key)
    if (!old) return false
    // It takes the place of another, so no room has to be made.
    const until = this.#options.clock.now() + this.#options.drainMs
    const { pool, opened } = this.#create(old.spec, {
      makeRoom: () => {},
      isWanted: () => this.#options.clock.now() < until,
    })
    await opened
    if (this.#pools.peek(key) !== old) {
      // Somebody closed the old pool meanwhile, and shall not find it open again.
      await this.#retire(pool, 'drained')
      return true
    }
    this.#pools.set(key, pool)
    await this.#retire(old, 'recycled')
    return true
  }

  /** A pool with its opening under way. Throws `database_unavailable` while its breaker gives the database a pause. */
  #create(
    spec: PoolSpec,
    { makeRoom, isWanted }: { makeRoom: () => void; isWanted: () => boolean },
  ): { pool: Pool; opened: Promise<void> } {
    const { clock, engine, lifetimeMs, quota, random, slowQueryMs, onChange, onNotice } = this.#options
    const breaker = this.#breakerOf(spec)
    if (breaker.pausedFor(clock.now()) > 0) throw pausedProblem(breaker, clock.now())
    makeRoom()
    // Last, because it spends the one trial of a pause.
    breaker.allows(clock.now())

    const tally = this.#tallyOf(spec.cluster)
    const pool = new Pool(`${spec.key}#${++this.#opened}`, spec, () => engine(spec), {
      clock,
      deadlines: this.#deadlines,
      breaker,
      quota,
      slowQueryMs,
      gate: this.#gate,
      lifetime: () => jitteredLifetime(lifetimeMs, LONGEST_LIFETIME_MS, random),
      tally: new PoolTally(tally),
      changed: onChange,
      notify: onNotice,
    })
    this.#alive.add(pool)
    tally.poolOpened()
    this.#sweeper.start()
    const opened = pool.open(isWanted).then(
      () => {
        this.#emit({ event: 'pool.opened', pool: pool.statistics() })
      },
      (error: unknown) => {
        // The key may have been closed and opened anew while this attempt was failing.
        if (this.#pools.peek(spec.key) === pool) this.#pools.delete(spec.key)
        const code = error instanceof Problem ? error.code : 'internal_error'
        this.#ended(pool, { event: 'pool.error', pool: pool.statistics(), code })
        throw error
      },
    )
    return { pool, opened }
  }

  /** Evicts the least recently used pool that nobody uses; throws `pool_cache_full` when all are in use. */
  #makeRoom(): void {
    if (this.#pools.size < this.#options.maxPools) return
    for (const [, pool] of this.#pools.oldestFirst()) {
      if (!pool.isUnused()) continue
      void this.#retire(pool, 'lru')
      return
    }
    throw new Problem('pool_cache_full', {
      detail: `All ${this.#options.maxPools} pools of this host have requests running.`,
      retryAfter: 1,
    })
  }

  /** Takes the pool out of the map at once, so that the next lease opens a new one, then lets it drain. */
  async #retire(pool: Pool, reason: CloseReason): Promise<void> {
    // When it is being replaced, its successor is there already.
    if (this.#pools.peek(pool.spec.key) === pool) this.#pools.delete(pool.spec.key)
    // Not an emergency of these: who waits gets his turn, and after it the time of a statement.
    const extraMs = reason === 'recycled' || reason === 'recalled' ? pool.spec.commandTimeoutMs : 0
    try {
      await pool.close(this.#options.drainMs + extraMs)
    } finally {
      this.#ended(pool, { event: 'pool.closed', pool: pool.statistics(), reason })
    }
  }

  /** Tells of a pool's end, once: one that is closed while it opens ends in both ways. */
  #ended(pool: Pool, event: PoolEnding): void {
    if (!this.#alive.delete(pool)) return
    this.#tallyOf(pool.spec.cluster).poolClosed('reason' in event ? event.reason : 'error')
    if (this.isEmpty()) {
      this.#sweeper.stop()
      this.#deadlines.rest()
    }
    this.#emit(event)
    this.#options.onChange()
  }

  /** Between two requests of one caller a pool is unused too: closing it then would only have it opened again. */
  #isQuiet(pool: Pool): boolean {
    return pool.isUnused() && this.#options.clock.now() - pool.lastUsedAt >= QUIET_MS
  }

  #byId(id: string): Pool | undefined {
    for (const pool of this.#alive) if (pool.id === id) return pool
    return undefined
  }

  #tallyOf(cluster: Cluster): ClusterTally {
    let tally = this.#tallies.get(cluster)
    if (!tally) {
      tally = new ClusterTally()
      this.#tallies.set(cluster, tally)
    }
    return tally
  }

  /**
   * One for all pools on a cluster's server: whether it is there, one trial a second decides for everybody, and when it is
   * back all of them open as the gate lets them. A tenant's own database is a server of its own: its wrong password holds
   * up no other tenant.
   */
  #breakerOf({ cluster, isBudgeted, key: pool }: PoolSpec): Breaker {
    const key = isBudgeted ? `cluster ${cluster}` : pool
    let breaker = this.#breakers.get(key)
    if (!breaker) {
      breaker = new Breaker(SERVER_PAUSES)
      this.#breakers.set(key, breaker)
    }
    return breaker
  }

  #emit(event: PoolEvent): void {
    this.#options.onEvent(event)
  }
}
