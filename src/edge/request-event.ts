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
  const event: RequestEvent = {
    event: 'request',
    request_id: c.get('requestId'),
    trace_id: trace.traceId,
    span_id: trace.spanId,
    method: c.req.method,
    route,
    status: c.res.status,
    duration_ms: durationMs,
  }
  if (tenant !== undefined) event.tenant = tenant
  if (host !== undefined) event.host = host
  if (placement !== undefined) event.placement = placement
  if (spent?.waitMs !== undefined) event.wait_ms = spent.waitMs
  if (spent?.dbMs !== undefined) event.db_ms = spent.dbMs
  if (spent?.reused !== undefined) event.pool_reused = spent.reused
  const refusal = c.get('problem') ?? spent
  if (refusal?.code !== undefined) event.code = refusal.code
  if (refusal?.fault !== undefined) event.fault = refusal.fault
  if (cache !== null) event.cache = cache
  if (remaining !== undefined) event.rate_limit_remaining = remaining
  return event
}
