import type { EngineName, Tenant, Tier } from '../tenants/tenant.ts'
import type { Cluster } from './cluster.ts'
import type { PoolCounters } from './counters.ts'

export type { Cluster } from './cluster.ts'

export type PoolState = 'opening' | 'open' | 'draining' | 'closed'

/**
 * Why a pool was closed: unused for its idle time; least recently used when the cache was full; older than a
 * connection may get; asked for (after its leases came back); its connections were needed elsewhere; could not be
 * opened.
 */
export type CloseReason = 'idle' | 'lru' | 'recycled' | 'drained' | 'recalled' | 'error'

/** A pool at one moment, as plain data. Times are epoch milliseconds. */
export interface PoolStatistics extends PoolCounters {
  /** Unique in its host's life. */
  readonly id: string
  readonly key: string
  readonly tenant: Tenant['id'] | null
  /** That tenant's tier when the pool was opened; `null` when tenants share it. */
  readonly tier: Tier | null
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
  /** Connections that it may have now: what it was granted. */
  readonly max_size: number
  /** Connections that its placement entitles it to. */
  readonly wanted_size: number
  readonly opened_at: number
  readonly last_used_at: number
}
