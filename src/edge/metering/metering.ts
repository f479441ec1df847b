import type { Context } from 'hono'
import type { Env } from '../../env.ts'
import { recentEvents } from '../../telemetry/recent-events.ts'
import type { EdgeEnv } from '../bindings.ts'
import { meterOf } from '../meter.ts'
import { methodName } from '../route-name.ts'
import { Deliveries } from './deliveries.ts'
import { EdgeTally } from './tally.ts'

/** What this isolate has counted. Numbers only, so it may live at module scope. */
const tally = new EdgeTally()
const deliveries = new Deliveries({
  tally,
  events: recentEvents,
  now: Date.now,
  name: () => crypto.randomUUID(),
})

/** Counts an answered request, and sees to it that the Meter hears of it. Never throws, and nobody waits for it. */
export function meterRequest(c: Context<EdgeEnv>, route: string, durationMs: number): void {
  const verdict = c.get('verdict')
  const tenant = c.get('tenant')
  const method = methodName(c.req.method)
  tally.count({ method, route, status: c.res.status, durationMs, verdict, tenant }, Date.now())
  const inMs = deliveries.undertake()
  if (inMs !== undefined) c.executionCtx.waitUntil(deliver(c.env, inMs))
}

async function deliver(env: Env, inMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, inMs))
  const delivery = deliveries.next()
  if (!delivery) return
  try {
    deliveries.acknowledged(delivery, await meterOf(env).deliver(delivery))
  } catch {
    // Sent again with a later request, under the same number.
    deliveries.failed()
  }
}
