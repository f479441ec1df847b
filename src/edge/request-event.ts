import type { Context } from 'hono'
import type { RequestEvent } from '../telemetry/events.ts'
import type { EdgeEnv } from './bindings.ts'

/** What is told of a request that was answered after `durationMs`. On the hot path. */
export function requestEvent(c: Context<EdgeEnv>, route: string, durationMs: number): RequestEvent {
  const trace = c.get('trace')
  const tenant = c.get('tenant')
  const host = c.get('host')
  const placement = c.get('placement')
  const spent = c.get('spent')
  const cache = c.res.headers.get('x-cache')
  const remaining = c.get('verdict')?.quota?.remaining
  return {
    event: 'request',
    request_id: c.get('requestId'),
    trace_id: trace.traceId,
    span_id: trace.spanId,
    method: c.req.method,
    route,
    status: c.res.status,
    duration_ms: durationMs,
    ...(tenant !== undefined && { tenant }),
    ...(host !== undefined && { host }),
    ...(placement !== undefined && { placement }),
    ...(spent?.waitMs !== undefined && { wait_ms: spent.waitMs }),
    ...(spent?.dbMs !== undefined && { db_ms: spent.dbMs }),
    ...(spent?.reused !== undefined && { pool_reused: spent.reused }),
    ...(cache !== null && { cache }),
    ...(remaining !== undefined && { rate_limit_remaining: remaining }),
  }
}
