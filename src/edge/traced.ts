import { createMiddleware } from 'hono/factory'
import { log } from '../telemetry/log.ts'
import type { EdgeEnv } from './bindings.ts'
import { meterRequest } from './metering/metering.ts'
import { requestEvent } from './request-event.ts'
import { requestIdOf } from './request-id.ts'
import { routeName } from './route-name.ts'
import { serverTiming } from './server-timing.ts'
import { continueTrace, writeTrace } from './traceparent.ts'

/** Gives a request its id and its trace, and counts and logs it once it is answered. */
export const traced = createMiddleware<EdgeEnv>(async (c, next) => {
  const started = Date.now()
  c.set('startedAt', started)
  const requestId = requestIdOf(c.req.header('x-request-id'), () => crypto.randomUUID())
  c.set('requestId', requestId)
  const { headers } = c.req.raw
  const trace = continueTrace(headers.get('traceparent'), headers.get('tracestate'), randomBytes)
  c.set('trace', trace)
  await next()
  const totalMs = Date.now() - started
  // Set on the answer itself: Hono's own way would make a new answer for each field.
  c.res.headers.set('x-request-id', requestId)
  writeTrace(c.res.headers, trace)
  // Not `c.var`, here and wherever every request comes by: each use of it copies all that was set.
  if (c.get('config')?.serverTiming) {
    const timing = serverTiming({ ...c.get('spent'), limitMs: c.get('limitMs'), totalMs })
    c.res.headers.set('server-timing', timing)
  }
  const route = routeName(c)
  meterRequest(c, route, totalMs)
  log(requestEvent(c, route, totalMs))
})

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}
