import type { FailurePolicy } from '../limit-settings.ts'
import type { CloseReason } from '../pools/statistics.ts'
import type { Strategy } from '../tenants/strategy.ts'

/** Every structured event of Rockpool, one JSON object per line. Values are ids, words and numbers; nothing secret. */
export type LogEvent =
  | RequestEvent
  | { event: 'pool.opened'; host: string; pool: string; engine: string; open_ms: number }
  | {
      event: 'pool.closed'
      host: string
      pool: string
      engine: string
      reason: CloseReason
      lived_ms: number
      uses: number
    }
  | { event: 'pool.error'; host: string; pool: string; engine: string; code: string }
  | { event: 'replica.banned'; host: string; replica: string; ban_ms: number }
  | { event: 'replica.recovered'; host: string; replica: string }
  | { event: 'host.retried'; host: string; request_id: string }
  | { event: 'report.failed'; host: string; cluster: string }
  | { event: 'ledger.unreachable'; host: string; cluster: string; pool: string }
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
  | { event: 'limiter.failing'; failure: FailurePolicy }
  | { event: 'limiter.recovered' }
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

/** One answered request. */
export interface RequestEvent {
  event: 'request'
  request_id: string
  method: string
  route: string
  status: number
  duration_ms: number
  tenant?: string
  host?: string
}

export type LogLevel = 'info' | 'warn' | 'error'

export const LEVELS: Readonly<Record<LogEvent['event'], LogLevel>> = {
  request: 'info',
  'pool.opened': 'info',
  'pool.closed': 'info',
  'pool.error': 'error',
  'replica.banned': 'warn',
  'replica.recovered': 'info',
  'host.retried': 'warn',
  'report.failed': 'warn',
  'ledger.unreachable': 'warn',
  'pause.changed': 'info',
  'strategy.changed': 'info',
  'strategy.unread': 'warn',
  'tenant.changed': 'info',
  'directory.failed': 'warn',
  'connection.unreadable': 'error',
  'limiter.failing': 'error',
  'limiter.recovered': 'info',
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
  'pool.error': true,
  'replica.banned': true,
  'replica.recovered': true,
  'host.retried': true,
  'report.failed': true,
  'ledger.unreachable': true,
  'pause.changed': true,
  'strategy.changed': true,
  'strategy.unread': true,
  'tenant.changed': true,
  'directory.failed': true,
  'connection.unreadable': true,
  'limiter.failing': true,
  'limiter.recovered': true,
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
