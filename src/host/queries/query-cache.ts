import type { CacheStatistics } from '../../ledger/report.ts'
import { LruMap } from '../../lru-map.ts'
import type { Clock } from '../../pools/clock.ts'
import type { CachedAnswer, CacheQuery } from '../../routes/bindings.ts'
import { type DataScope, TenantCache } from './tenant-cache.ts'

/** Tenants of whom anything is kept: each costs some kilobytes beside its answers. */
const MAX_TENANTS = 2_000
/** A record is known everywhere after 30 s (tenants/record-cache.ts); twice that covers clocks that differ. */
const SETTLE_MS = 60_000

export interface QueryCacheOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Of one tenant, keys included. */
  readonly maxBytes: number
  readonly maxEntries: number
  /** How long a statement may run, in ms. */
  readonly commandTimeoutMs: number
  /** Of all tenants together, no less than of one. */
  readonly maxTotalBytes: number
  /** Called when its statistics have changed. */
  readonly onChange: () => void
}

/** Whose data a query is about. */
export interface TenantScope extends DataScope {
  readonly tenant: string
  /** When the tenant's record changed the last time (epoch ms); 0 if never. */
  readonly changedAt: number
}

interface Kept {
  readonly cache: TenantCache
  /** The newest change of the tenant's record that a request has told of. */
  changedAt: number
}

/**
 * Answers of one host's routes on one cluster, beside its pools. One tenant's never answer another: each has a cache of
 * its own, and every key in it begins with the tenant. What all have together is bounded; the tenant that has not been
 * here for longest loses all of its own first.
 *
 * A change of a tenant's record may move it to another host, and requests come to both until every isolate has heard of
 * it. So nothing is kept for the minute after a change, nothing of before is used after it, and a request that has not
 * heard of it goes past the cache.
 */
export class QueryCache {
  readonly #options: QueryCacheOptions
  /** Bounded by what is trimmed: who is busy stays, however many there are. */
  readonly #tenants = new LruMap<string, Kept>(Number.MAX_SAFE_INTEGER)
  readonly #counts = { cache_hits: 0, cache_misses: 0, cache_bypasses: 0 }
  #bytes = 0

  constructor(options: QueryCacheOptions) {
    this.#options = options
  }

  /** The answer to a tenant's query. Throws what `load` throws. */
  async read(scope: TenantScope, query: CacheQuery, load: () => Promise<Uint8Array>): Promise<CachedAnswer> {
    const answer = await this.#answer(scope, query, load)
    if (answer.outcome === 'hit') this.#counts.cache_hits++
    else if (answer.outcome === 'miss') this.#counts.cache_misses++
    else this.#counts.cache_bypasses++
    this.#options.onChange()
    return answer
  }

  /** Changes one of a tenant's resources, for all that this host keeps of the tenant. */
  write<T>(
    { tenant, changedAt }: Omit<TenantScope, keyof DataScope>,
    resource: string,
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#keptOf(tenant, changedAt).cache.write(resource, work)
  }

  /** Forgets a tenant, and what is being read of it. */
  forget(tenant: string): void {
    this.#tenants.get(tenant)?.cache.drop()
  }

  /** Forgets everybody. */
  clear(): void {
    for (const [, { cache }] of this.#tenants.oldestFirst()) cache.drop()
  }

  statistics(): CacheStatistics {
    let entries = 0
    for (const [, { cache }] of this.#tenants.oldestFirst()) entries += cache.size
    return { ...this.#counts, entries, bytes: this.#bytes }
  }

  async #answer(
    scope: TenantScope,
    query: CacheQuery,
    load: () => Promise<Uint8Array>,
  ): Promise<CachedAnswer> {
    const { cache, changedAt } = this.#keptOf(scope.tenant, scope.changedAt)
    const isSettled = this.#options.clock.now() - scope.changedAt >= SETTLE_MS
    if (scope.ttlMs === 0 || scope.changedAt < changedAt || !isSettled) {
      return { body: await load(), outcome: 'bypass', ageMs: 0 }
    }
    try {
      return await cache.read(scope, query, load)
    } finally {
      this.#trim()
    }
  }

  /** What is kept of a tenant, which counts as used now; nothing of before the newest change of its record. */
  #keptOf(tenant: string, changedAt: number): Kept {
    let kept = this.#tenants.get(tenant)
    if (!kept) {
      kept = { cache: this.#newCache(tenant), changedAt }
      this.#tenants.set(tenant, kept)
    }
    if (changedAt > kept.changedAt) {
      kept.changedAt = changedAt
      kept.cache.drop()
    }
    this.#trim()
    return kept
  }

  #newCache(tenant: string): TenantCache {
    const { clock, maxBytes, maxEntries, commandTimeoutMs: doubtMs } = this.#options
    const onBytes = (change: number) => {
      this.#bytes += change
    }
    return new TenantCache({ tenant, clock, maxBytes, maxEntries, doubtMs, onBytes })
  }

  /** Takes from who has not been here for longest, until there is room. */
  #trim(): void {
    // Nearly always: a walk over the tenants would cost every request more than its own look-up.
    if (this.#hasRoom()) return
    for (const [tenant, { cache }] of this.#tenants.oldestFirst()) {
      cache.clear()
      if (cache.isIdle()) this.#tenants.delete(tenant)
      if (this.#hasRoom()) return
    }
  }

  #hasRoom(): boolean {
    return this.#bytes <= this.#options.maxTotalBytes && this.#tenants.size <= MAX_TENANTS
  }
}
