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
