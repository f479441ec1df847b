import type { Connection, Engine } from '../engines/engine.ts'
import { Problem } from '../problem.ts'
import { Breaker } from './breaker.ts'
import type { LeaseRequest } from './candidate.ts'
import type { Clock } from './clock.ts'
import type { Lease } from './lease.ts'
import { jitteredLifetime } from './lifetime.ts'
import { OpeningGate } from './opening-gate.ts'
import { Pool, type PoolSpec, pausedProblem } from './pool.ts'
import {
  type CloseReason,
  type Cluster,
  NO_COUNTERS,
  type PoolCounters,
  type PoolStatistics,
  type Tally,
} from './statistics.ts'

/** What happened to a pool, told once. */
export type PoolEvent =
  | { readonly event: 'pool.opened'; readonly pool: PoolStatistics }
  | { readonly event: 'pool.closed'; readonly pool: PoolStatistics; readonly reason: CloseReason }
  | { readonly event: 'pool.error'; readonly pool: PoolStatistics; readonly code: string }

export interface PoolCacheOptions {
  readonly engine: (spec: PoolSpec) => Promise<Engine>
  readonly maxPools: number
  /** How long a closing pool waits for its leases, in ms. */
  readonly drainMs: number
  readonly lifetimeMs: number
  readonly slowQueryMs: number
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly onEvent: (event: PoolEvent) => void
  /** Called often: whenever a number of the statistics has changed. */
  readonly onChange: () => void
}

const SWEEP_MS = 60_000
/** Two of the six connections that may be connecting at a time stay free, for Redis and the Ledger. */
const OPENINGS_AT_ONCE = 4
/** Breakers outlive their pools; this many are remembered. */
const MAX_BREAKERS = 10_000
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
  /** Least recently used first: a Map keeps insertion order, and a lease inserts its pool anew. */
  readonly #pools = new Map<string, Pool>()
  /** Every pool whose ending has not been told, those that are draining too. */
  readonly #alive = new Set<Pool>()
  readonly #breakers = new Map<string, Breaker>()
  /** Pools count here as well as for themselves, so that nothing is lost or counted twice when one goes. */
  readonly #tallies = new Map<Cluster, Tally>()
  #cancelSweep: (() => void) | undefined

  constructor(options: PoolCacheOptions) {
    this.#options = options
  }

  /** How many pools are open or opening. */
  get size(): number {
    return this.#pools.size
  }

  /** Whether no pool is left, draining ones included. */
  isEmpty(): boolean {
    return this.#alive.size === 0
  }

  /**
   * A connection's worth of the pool that `spec` describes, opened if need be. Throws what `Pool.lease` throws,
   * `pool_cache_full`, or `database_unavailable` while the database of this key is given a pause.
   */
  async lease(spec: PoolSpec, request: LeaseRequest): Promise<Lease<Connection>> {
    const current = this.#pools.get(spec.key)
    const pool = current && !current.isClosed() ? current : this.#open(spec)
    this.#pools.delete(spec.key)
    this.#pools.set(spec.key, pool)
    return pool.lease(request)
  }

  find(key: string): Pool | undefined {
    return this.#pools.get(key)
  }

  /** Closes the pool of `key` once its leases are back; `false` when there is none. */
  async close(key: string, reason: CloseReason = 'drained'): Promise<boolean> {
    const pool = this.#pools.get(key)
    if (!pool) return false
    await this.#retire(pool, reason)
    return true
  }

  /** Closes every pool; the answer is how many there were. */
  async closeAll(reason: CloseReason = 'drained'): Promise<number> {
    const pools = [...this.#pools.values()]
    await Promise.all(pools.map((pool) => this.#retire(pool, reason)))
    return pools.length
  }

  /** Pools at this moment, draining ones included. */
  statistics(): PoolStatistics[] {
    return [...this.#alive].map((pool) => pool.statistics())
  }

  /** Everything that was ever counted here on each cluster, by pools that are gone too. */
  counters(): ReadonlyMap<Cluster, PoolCounters> {
    return new Map([...this.#tallies].map(([cluster, tally]) => [cluster, { ...tally }]))
  }

  #open(spec: PoolSpec): Pool {
    const { clock, engine, lifetimeMs, random, slowQueryMs, onChange } = this.#options
    const breaker = this.#breakerOf(spec.key)
    if (breaker.pausedFor(clock.now()) > 0) throw pausedProblem(breaker, clock.now())
    this.#makeRoom()
    // Last, because it spends the one trial of a pause.
    breaker.allows(clock.now())

    const tally = this.#tallyOf(spec.cluster)
    const pool = new Pool(spec, () => engine(spec), {
      clock,
      breaker,
      slowQueryMs,
      gate: this.#gate,
      lifetime: () => jitteredLifetime(lifetimeMs, LONGEST_LIFETIME_MS, random),
      count: (name) => tally[name]++,
      changed: onChange,
    })
    this.#pools.set(spec.key, pool)
    this.#alive.add(pool)
    this.#sweepLater()
    pool.open().then(
      () => {
        this.#emit({ event: 'pool.opened', pool: pool.statistics() })
      },
      (error: unknown) => {
        // The key may have been closed and opened anew while this attempt was failing.
        if (this.#pools.get(spec.key) === pool) this.#pools.delete(spec.key)
        const code = error instanceof Problem ? error.code : 'internal_error'
        this.#ended(pool, { event: 'pool.error', pool: pool.statistics(), code })
      },
    )
    return pool
  }

  /** Evicts the least recently used pool that nobody uses; throws `pool_cache_full` when all are in use. */
  #makeRoom(): void {
    if (this.#pools.size < this.#options.maxPools) return
    for (const pool of this.#pools.values()) {
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
    this.#pools.delete(pool.spec.key)
    try {
      await pool.close(this.#options.drainMs)
    } finally {
      this.#ended(pool, { event: 'pool.closed', pool: pool.statistics(), reason })
    }
  }

  /** Tells of a pool's end, once: one that is closed while it opens ends in both ways. */
  #ended(pool: Pool, event: PoolEvent): void {
    if (!this.#alive.delete(pool)) return
    if (this.isEmpty()) this.#stopSweeping()
    this.#emit(event)
    this.#options.onChange()
  }

  #tallyOf(cluster: Cluster): Tally {
    let tally = this.#tallies.get(cluster)
    if (!tally) {
      tally = { ...NO_COUNTERS }
      this.#tallies.set(cluster, tally)
    }
    return tally
  }

  #breakerOf(key: string): Breaker {
    let breaker = this.#breakers.get(key)
    if (!breaker) {
      breaker = new Breaker()
      const [oldest] = this.#breakers.keys()
      if (oldest !== undefined && this.#breakers.size >= MAX_BREAKERS) this.#breakers.delete(oldest)
      this.#breakers.set(key, breaker)
    }
    return breaker
  }

  #sweepLater(): void {
    this.#cancelSweep ??= this.#options.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined
      this.#sweep()
      if (!this.isEmpty()) this.#sweepLater()
    })
  }

  #stopSweeping(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #sweep(): void {
    const now = this.#options.clock.now()
    for (const pool of [...this.#pools.values()]) {
      if (pool.isUnused() && now - pool.lastUsedAt >= pool.spec.maxIdleMs) void this.#retire(pool, 'idle')
      else if (pool.isExpired(now)) void this.#retire(pool, 'recycled')
    }
  }

  #emit(event: PoolEvent): void {
    this.#options.onEvent(event)
  }
}
