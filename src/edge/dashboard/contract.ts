/**
 * What the dashboard's page and the Worker say to each other. Types alone, and nothing imported, so that the browser's
 * half can use them as well.
 */

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy'

/** `GET /dashboard/session`. */
export interface SessionState {
  readonly signed_in: boolean
}

/** `POST /dashboard/session`. */
export interface SignIn {
  readonly token: string
}

/** `GET /dashboard/view`, and the data of every event `view` of `GET /dashboard/stream`: the fleet at one moment. */
export interface DashboardView {
  /** When it was read, ISO 8601. */
  readonly at: string
  readonly status: HealthStatus
  readonly services: readonly ServiceRow[]
  readonly limiter: LimiterState
  readonly strategy: StrategyState
  /** Tenants with a request in the last five minutes. */
  readonly active_tenants: number
  readonly paused: PausedState
  readonly clusters: readonly ClusterRow[]
  /** At most 500, the busiest first. */
  readonly pools: readonly PoolRow[]
  /** How many pools there are beyond those. */
  readonly more_pools: number
  /** The latest 100, the newest first. */
  readonly events: readonly EventRow[]
  /** Who was refused by a rate limit, the most often refused first. */
  readonly refused: readonly RefusedRow[]
}

/** A cluster by its name in `clusters` (`primary`, `replica` or `replica-1`, `mongo`), or `redis`. */
export interface ServiceRow {
  readonly name: string
  readonly status: 'healthy' | 'unhealthy'
  readonly latency_ms: number
}

export interface LimiterState {
  readonly state: 'off' | 'working' | 'failing'
}

export interface StrategyState {
  readonly configured: string
  /** What `auto` stands for now, as far as this isolate knows; else the one that is configured. */
  readonly in_force: string
  /** The placement that each tier's tenants have now, where nothing of their own says otherwise. */
  readonly placements: Readonly<Record<string, string>>
}

export interface PausedState {
  /** ISO 8601; `null` when the fleet is not paused. */
  readonly fleet_since: string | null
  /** At most 500. */
  readonly tenants: readonly { readonly tenant: string; readonly since: string }[]
}

/** A database server, with its connections over all hosts that still report. */
export interface ClusterRow {
  readonly cluster: string
  readonly hosts: number
  readonly pools: number
  /** Connections that run a request. */
  readonly used: number
  /** Connections that are open and idle. */
  readonly free: number
  /** Connections that are open: used, idle, or on their way to be. */
  readonly open: number
  /** Requests that wait for a connection. */
  readonly waiting: number
  /** Connections that pools were granted. */
  readonly granted: number
  /** Connections that may be granted in all. */
  readonly limit: number
  /** Connections that the server takes; `null` while nobody knows. */
  readonly max: number | null
  /** Requests that are held back because their tenants are paused. */
  readonly held: number
}

export interface PoolRow {
  readonly cluster: string
  readonly host: string
  /** Names the pool in its host: with `host`, what the actions want. */
  readonly pool: string
  /** `null` when tenants share the pool. */
  readonly tenant: string | null
  /** `null` when tenants share the pool, and from hosts of an older version. */
  readonly tier: string | null
  readonly placement: 'shared' | 'grouped' | 'dedicated' | 'health'
  readonly state: 'opening' | 'open' | 'draining' | 'closed'
  readonly size: number
  readonly used: number
  readonly free: number
  readonly waiting: number
  readonly max_size: number
  /** How many of its leases found a connection that had served before, 0 to 1; `null` before the first. */
  readonly reuse: number | null
  /** 95th percentile of the time to a lease, ms; `null` before the first. */
  readonly wait_p95_ms: number | null
  /** Epoch milliseconds. */
  readonly opened_at: number
  /** Epoch milliseconds. */
  readonly last_used_at: number
  /** Whether its tenant, or the fleet, is paused. */
  readonly paused: boolean
  /** Whether its host should have reported since. */
  readonly stale: boolean
}

/** What happened, as it was logged: ids, words and numbers. */
export interface EventRow {
  /** ISO 8601. */
  readonly at: string
  readonly event: string
  readonly level: 'info' | 'warn' | 'error'
  readonly [field: string]: EventValue
}

export type EventValue = string | number | boolean | null | undefined | readonly string[]

export interface RefusedRow {
  readonly tenant: string
  readonly policy: string
  readonly refused: number
  /** ISO 8601. */
  readonly last_at: string
}

/** `GET /dashboard/history`: the last 15 minutes, the oldest first. While nothing changes hosts report every 30 seconds, while there are none never: samples are as far apart. */
export interface DashboardHistory {
  readonly samples: readonly HistorySample[]
}

/** One moment of the fleet: the sums, and what they are made of by cluster. */
export interface HistorySample extends ConnectionSums {
  /** Epoch milliseconds, a multiple of 5,000. */
  readonly at: number
  readonly clusters: Readonly<Record<string, ConnectionSums>>
}

export interface ConnectionSums {
  readonly used: number
  readonly free: number
  readonly waiting: number
}
