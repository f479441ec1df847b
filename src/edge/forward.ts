import type { Context } from 'hono'
import { writeCall } from '../host/call.ts'
import { findTenant } from '../tenants/directory.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { EdgeEnv } from './bindings.ts'
import { Busy } from './busy.ts'
import { callHost } from './hosts.ts'
import { identify } from './identify.ts'
import { placesInForce } from './in-force.ts'
import { runHere } from './isolate.ts'
import { limitAddress, limitTenant } from './limit.ts'
import { placeOf } from './place.ts'

/** Request headers that routes read; nothing else of the client's crosses to a host. */
const FORWARDED = ['accept', 'cache-control', 'content-type', 'if-match', 'if-none-match']

/** Methods that change nothing (RFC 9110 section 9.2.1), so that a request can be sent twice. */
const SAFE = new Set(['GET', 'HEAD'])

/** What runs on which host now, from here. Numbers only, so it may live at module scope. */
const busy = new Busy()

/** The tenant of that id, with this request counted: its record is read and the limit asked at the same time. */
async function admitted(c: Context<EdgeEnv>, id: string): Promise<Tenant> {
  const { config } = c.var
  const reading = (async () => findTenant(id, config, (work) => c.executionCtx.waitUntil(work)))()
  const limit = reading.then(({ rateLimit, tier }) => rateLimit ?? config.tiers[tier].rate_limit)
  // Whoever is refused before it is read does not hear of it.
  limit.catch(() => {})
  await limitTenant(c, id, limit)
  return reading
}

/** Brings a tenant's request to the place where it runs: in one hop to the host that holds its pool, or nowhere. */
export async function forward(c: Context<EdgeEnv>): Promise<Response> {
  const { config, requestId } = c.var
  const id = await identified(c)
  c.set('tenant', id)
  const tenant = await admitted(c, id)
  const place = placeOf(await placesInForce(c, tenant), busy, Math.random)
  if (place.kind === 'isolate') return runHere(c.req.raw, tenant, requestId, config, c.env)

  const { host, pool } = place
  c.set('host', host)
  const headers = new Headers()
  for (const name of FORWARDED) {
    const value = c.req.raw.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  writeCall(headers, { host, tenant, pool, requestId })

  const { method, body, signal, url } = c.req.raw
  const repeatable = SAFE.has(method)
  const response = await busy.during(host, () =>
    callHost(c.env, config, { host, requestId, repeatable }, (stub) =>
      stub.fetch(url, { method, headers, signal, ...(!repeatable && { body }) }),
    ),
  )
  // The answer of a fetch has headers that cannot be added to.
  return new Response(response.body, response)
}

/** The tenant's id. Who cannot say it credibly is limited by address, and told so before being told what was wrong. */
async function identified(c: Context<EdgeEnv>): Promise<string> {
  try {
    return await identify(c.req.raw, c.var.config)
  } catch (error) {
    await limitAddress(c)
    throw error
  }
}
