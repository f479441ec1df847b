import { Problem } from '../problem.ts'
import { LEVELS, type LogEvent, NOTABLE } from './events.ts'
import { recentEvents } from './recent-events.ts'

/**
 * Has an event look like the JSON that it is wherever a console shows objects to people, as workerd does on standard
 * output (nodejs.org/api/util.html, custom inspection functions): programs can read it there, and writing it costs less
 * than laying it out for people. Cloudflare writes objects as JSON by itself.
 */
const AS_JSON = {
  [Symbol.for('nodejs.util.inspect.custom')](this: object): string {
    return JSON.stringify(this)
  },
}

/**
 * Writes one event, and notes it where it is notable. An object rather than text, so that Workers Logs indexes its fields
 * (developers.cloudflare.com/workers/observability/logs/workers-logs).
 */
export function log(event: LogEvent): void {
  const level = LEVELS[event.event]
  const at = new Date().toISOString()
  console[level](Object.assign(Object.create(AS_JSON), { level, ts: at }, event))
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
