import type { EngineName, Tenant } from '../tenants/tenant.ts'

/** A database server with a connection budget of its own. */
export type Cluster = 'postgres' | 'postgres-replica' | 'mongo'

export type PoolState = 'opening' | 'open' | 'draining' | 'closed'

/**
 * Why a pool was closed: unused for its idle time; least recently used when the cache was full; older than a
 * connection may get; asked for (after its leases came back); could not be opened.
 */
export type CloseReason = 'idle' | 'lru' | 'recycled' | 'drained' | 'error'

/** What a pool has done so far. Only ever grows, so that sums over pools never go backwards. */
export interface PoolCounters {
  readonly connections_created: number
  readonly connections_closed: number
  readonly connection_errors: number
  readonly leases: number
  /** Leases that ran on a connection which had served somebody before. */
  readonly reuses: number
  readonly lease_timeouts: number
  readonly slow_queries: number
}

/** Counters while they are being counted. */
export type Tally = { -readonly [name in keyof PoolCounters]: number }

/** A pool at one moment, as plain data. Times are epoch milliseconds. */
export interface PoolStatistics extends PoolCounters {
  readonly key: string
  readonly tenant: Tenant['id'] | null
  readonly engine: EngineName
  readonly cluster: Cluster
  readonly state: PoolState
  /** Open connections. */
  readonly size: number
  readonly free: number
  readonly used: number
  /** Requests that wait for a connection. */
  readonly waiting: number
  readonly min_size: number
  readonly max_size: number
  readonly opened_at: number
  readonly last_used_at: number
}

export const NO_COUNTERS: PoolCounters = Object.freeze({
  connections_created: 0,
  connections_closed: 0,
  connection_errors: 0,
  leases: 0,
  reuses: 0,
  lease_timeouts: 0,
  slow_queries: 0,
})

/** The counters of `a` and `b` together. */
export function addCounters(a: PoolCounters, b: PoolCounters): PoolCounters {
  return {
    connections_created: a.connections_created + b.connections_created,
    connections_closed: a.connections_closed + b.connections_closed,
    connection_errors: a.connection_errors + b.connection_errors,
    leases: a.leases + b.leases,
    reuses: a.reuses + b.reuses,
    lease_timeouts: a.lease_timeouts + b.lease_timeouts,
    slow_queries: a.slow_queries + b.slow_queries,
  }
}
