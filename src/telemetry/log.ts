import { Problem } from '../problem.ts'
import { LEVELS, type LogEvent, NOTABLE } from './events.ts'
import { recentEvents } from './recent-events.ts'

/**
 * Writes one event, and notes it where it is notable. An object rather than text, so that Workers Logs indexes its fields
 * (developers.cloudflare.com/workers/observability/logs/workers-logs).
 */
export function log(event: LogEvent): void {
  const level = LEVELS[event.event]
  const at = new Date().toISOString()
  console[level]({ level, ts: at, ...event })
  if (NOTABLE[event.event]) recentEvents.note({ at, level, ...event })
}

/**
 * Tells of an error that nobody translated into a `Problem`. Its class alone: a message may hold what a user sent, or
 * a secret (hono's JWT errors carry the whole token).
 */
export function logUnexpected(error: unknown, context: { request_id?: string; tenant?: string }): void {
  if (error instanceof Problem) return
  log({ event: 'error.unexpected', error: error instanceof Error ? error.name : typeof error, ...context })
}
