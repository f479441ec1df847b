import type { Context } from 'hono'
import type { RequestEvent } from '../telemetry/events.ts'
import type { EdgeEnv } from './bindings.ts'

/** What is told of a request that was answered after `durationMs`. On the hot path. */
export function requestEvent(c: Context<EdgeEnv>, route: string, durationMs: number): RequestEvent {
  const { requestId, trace, tenant, host, placement, spent, verdict } = c.var
  const cache = c.res.headers.get('x-cache')
  const remaining = verdict?.quota?.remaining
  return {
    event: 'request',
    request_id: requestId,
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
