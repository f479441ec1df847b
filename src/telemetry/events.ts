import type { FailurePolicy } from '../limit-settings.ts'
import type { CloseReason } from '../pools/statistics.ts'
import type { ProblemCode } from '../problem.ts'
import type { Strategy } from '../tenants/strategy.ts'

/** Which request an event belongs to, as far as that is known. */
export interface RequestNames {
  tenant?: string
  request_id?: string
  /** Of the W3C trace, 32 hex digits. */
  trace_id?: string
}

/** Which pool an event is about. `tenant` is whose it is; tenants may share one. */
interface PoolNames {
  host: string
  pool: string
  engine: string
  tenant?: string
}

/**
 * Every structured event of Rockpool, one JSON object per line; `log` adds `level` and `ts`. Values are ids, words and
 * numbers, never a secret, a name of a person or anything that a request or a row holds.
 */
export type LogEvent =
  | RequestEvent
  | (PoolNames & { event: 'pool.opened'; open_ms: number })
  | (PoolNames & { event: 'pool.closed'; reason: CloseReason; lived_ms: number; uses: number })
  | (PoolNames & {
      event: 'pool.stats'
      size: number
      free: number
      used: number
      waiting: number
      /** Connections that it may have. */
      max_size: number
      /** Over the pool's life; `null` before the first lease. */
      wait_p95_ms: number | null
      leases: number
      lease_timeouts: number
      slow_queries: number
    })
  | (PoolNames & { event: 'pool.error'; code: string })
  | (PoolNames & RequestNames & { event: 'lease.timeout'; code: string; wait_ms: number })
  | QuerySlowEvent
  | { event: 'replica.banned'; host: string; replica: string; ban_ms: number }
  | { event: 'replica.recovered'; host: string; replica: string }
  | { event: 'host.retried'; host: string; request_id: string }
  | { event: 'ledger.unreachable'; host: string; cluster: string; pool: string }
  | { event: 'ledger.report_failed'; host: string; cluster: string }
  | { event: 'ledger.limit_changed'; cluster: string; from: number; to: number; source: string }
  | {
      event: 'ledger.exhausted'
      cluster: string
      /** Claims that ended without a connection since this was told the last time. */
      denials: number
      limit: number
      granted: number
      waiting: number
    }
  | {
      event: 'pause.changed'
      action: 'pause' | 'resume'
      tenant: string | null
      unreached: number
      request_id: string
    }
  | { event: 'strategy.changed'; from: Strategy | null; to: Strategy; active_tenants: number }
  | { event: 'strategy.unread'; in_force: Strategy }
  | { event: 'tenant.changed'; action: TenantAction; tenant: string; request_id: string }
  | { event: 'directory.failed'; tenant: string; stale: boolean }
  | { event: 'connection.unreadable'; tenant: string }
  | {
      event: 'limit.refused'
      policy: 'tenant' | 'address' | 'admin'
      tenant?: string
      /** Requests a minute. */
      limit: number
      /** Requests that were refused since this was told the last time. */
      refusals: number
      request_id: string
    }
  | { event: 'limiter.down'; failure: FailurePolicy }
  | { event: 'limiter.up' }
  | {
      event: 'sign_in.limited'
      limit: 'address' | 'account'
      tenant: string
      request_id: string
    }
  | { event: 'refresh_token.reused'; tenant: string; user: string; request_id: string }
  | { event: 'config.invalid'; variables: readonly string[]; reasons: readonly string[] }
  | { event: 'error.unexpected'; error: string; request_id?: string; tenant?: string }

export type TenantAction = 'created' | 'changed' | 'deleted' | 'purged'

/** One answered request. What did not happen is absent. */
export interface RequestEvent {
  event: 'request'
  request_id: string
  trace_id: string
  span_id: string
  method: string
  /** The route's pattern, never the path: that may hold anything. */
  route: string
  status: number
  /** Of the problem that was answered. */
  code?: ProblemCode
  /** What the database's error was: `postgres` and a SQLSTATE, or `mongo` and a code. */
  fault?: string
  duration_ms: number
  tenant?: string
  host?: string
  placement?: 'shared' | 'grouped' | 'dedicated' | 'isolate'
  /** Waiting for connections. */
  wait_ms?: number
  /** From handing statements to the driver to their answers. */
  db_ms?: number
  /** Whether every connection that it got had served somebody before. */
  pool_reused?: boolean
  cache?: string
  rate_limit_remaining?: number
}

/** A statement that took at least `SLOW_QUERY_MS`. */
export interface QuerySlowEvent extends RequestNames {
  event: 'query.slow'
  /** Absent in the placement `isolate`, as is `pool`. */
  host?: string
  pool?: string
  engine: string
  duration_ms: number
  /** Its shape, without values and without the tenant's schema; at most some 300 characters. */
  statement: string
}

export type LogLevel = 'info' | 'warn' | 'error'

/** Every event with its level: the list that the README's table and what the source emits are held to. */
export const LEVELS: Readonly<Record<LogEvent['event'], LogLevel>> = {
  request: 'info',
  'pool.opened': 'info',
  'pool.closed': 'info',
  'pool.stats': 'info',
  'pool.error': 'error',
  'lease.timeout': 'warn',
  'query.slow': 'warn',
  'replica.banned': 'warn',
  'replica.recovered': 'info',
  'host.retried': 'warn',
  'ledger.unreachable': 'warn',
  'ledger.report_failed': 'warn',
  'ledger.limit_changed': 'info',
  'ledger.exhausted': 'warn',
  'pause.changed': 'info',
  'strategy.changed': 'info',
  'strategy.unread': 'warn',
  'tenant.changed': 'info',
  'directory.failed': 'warn',
  'connection.unreadable': 'error',
  'limit.refused': 'warn',
  'limiter.down': 'error',
  'limiter.up': 'info',
  'sign_in.limited': 'warn',
  'refresh_token.reused': 'warn',
  'config.invalid': 'error',
  'error.unexpected': 'error',
}

/** What people who run the fleet want to see go by: changes, endings and faults. Not what comes with every request. */
export const NOTABLE: Readonly<Record<LogEvent['event'], boolean>> = {
  request: false,
  'pool.opened': true,
  'pool.closed': true,
  'pool.stats': false,
  'pool.error': true,
  'lease.timeout': true,
  'query.slow': true,
  'replica.banned': true,
  'replica.recovered': true,
  'host.retried': true,
  'ledger.unreachable': true,
  'ledger.report_failed': true,
  'ledger.limit_changed': true,
  'ledger.exhausted': true,
  'pause.changed': true,
  'strategy.changed': true,
  'strategy.unread': true,
  'tenant.changed': true,
  'directory.failed': true,
  'connection.unreadable': true,
  'limit.refused': true,
  'limiter.down': true,
  'limiter.up': true,
  'sign_in.limited': true,
  'refresh_token.reused': true,
  'config.invalid': true,
  'error.unexpected': true,
}

/** An event on its way to where the whole fleet is seen. */
export interface NotedEvent {
  /** ISO 8601. */
  readonly at: string
  readonly event: string
  readonly level: LogLevel
  /** The event's own: ids, words and numbers. */
  readonly [field: string]: string | number | boolean | null | undefined | readonly string[]
}
