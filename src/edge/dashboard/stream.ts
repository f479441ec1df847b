import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { logUnexpected } from '../../telemetry/log.ts'
import type { EdgeEnv } from '../bindings.ts'
import { readView } from './view.ts'

const VIEW_EVERY_MS = 1_000
/** When a browser that was cut off comes again. */
const RETRY_MS = 2_000
/**
 * A stream ends after this long, and the browser opens the next one: a session that has ended is noticed then, and one
 * request makes at most some 600 calls to objects (1,000 on the free plan,
 * developers.cloudflare.com/workers/platform/limits).
 */
const STREAM_MS = 120_000

/** The fleet about every second, as server-sent events. */
export function streamViews(c: Context<EdgeEnv>): Response {
  const response = streamSSE(c, async (stream) => {
    const endsAt = Date.now() + STREAM_MS
    while (!stream.aborted && Date.now() < endsAt) {
      try {
        const view = await readView(c)
        const data = JSON.stringify(view)
        await stream.writeSSE({ event: 'view', id: view.at, retry: RETRY_MS, data })
      } catch (error) {
        // A comment, which keeps the line open. Whoever looks sees by its age that the last view is an old one.
        logUnexpected(error, { request_id: c.var.requestId })
        await stream.write(': no view\n\n')
      }
      await stream.sleep(VIEW_EVERY_MS)
    }
  })
  // Events that a proxy compresses or gathers come late (html.spec.whatwg.org, server-sent events, authoring notes).
  response.headers.set('cache-control', 'private, no-store, no-transform')
  response.headers.set('x-accel-buffering', 'no')
  return response
}
