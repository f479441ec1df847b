import type { Context } from 'hono'
import { writeCall } from '../host/call.ts'
import { takeSpent } from '../host/spent.ts'
import { RequestUsage } from '../pools/request-usage.ts'
import { isSafe } from '../routes/safe.ts'
import type { Caller } from '../tenants/caller.ts'
import { findTenant } from '../tenants/directory.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { EdgeEnv } from './bindings.ts'
import { Busy } from './busy.ts'
import { cacheTtlMs } from './cache-ttl.ts'
import { callHost } from './hosts.ts'
import { type Identity, identify } from './identify.ts'
import { placesInForce } from './in-force.ts'
import { runHere } from './isolate.ts'
import { limitAddress, limitTenant } from './limit.ts'
import { placementOf, placeOf } from './place.ts'

/** Request headers that routes read; nothing else of the client's crosses to a host. */
const FORWARDED = ['accept', 'cache-control', 'content-type', 'if-match', 'if-none-match']

/** What runs on which host now, from here. Numbers only, so it may live at module scope. */
const busy = new Busy()

/** The tenant of that id, with this request counted: its record is read and the limit asked at the same time. */
async function admitted(c: Context<EdgeEnv>, id: string): Promise<Tenant> {
  const config = c.get('config')
  const reading = (async () => findTenant(id, config, (work) => c.executionCtx.waitUntil(work)))()
  const limit = reading.then(({ rateLimit, tier }) => rateLimit ?? config.tiers[tier].rate_limit)
  // Whoever is refused before it is read does not hear of it.
  limit.catch(() => {})
  await limitTenant(c, id, limit)
  return reading
}

/** Brings a tenant's request to the place where it runs: in one hop to the host that holds its pool, or nowhere. */
export async function forward(c: Context<EdgeEnv>): Promise<Response> {
  const identity = await identified(c)
  c.set('tenant', identity.tenant)
  const tenant = await admitted(c, identity.tenant)
  const headers = new Headers()
  for (const name of FORWARDED) {
    const value = c.req.raw.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const { method, body, signal, url } = c.req.raw
  const repeatable = isSafe(method)
  const init = { method, headers, signal, ...(!repeatable && { body }) }
  return runFor(c, { tenant, caller: identity.caller }, { url, init, repeatable })
}

/** Who calls. Who cannot say it credibly is limited by address, and told so before being told what was wrong. */
async function identified(c: Context<EdgeEnv>): Promise<Identity> {
  try {
    return await identify(c.req.raw, c.get('config'))
  } catch (error) {
    await limitAddress(c)
    throw error
  }
}

/** A request for the routes, to be run where a tenant's requests run. */
export interface TenantRequest {
  readonly url: string
  readonly init: RequestInit & { readonly headers: Headers }
  /** Whether it may be sent twice. */
  readonly repeatable: boolean
}

/** Runs a request for a tenant, in one hop to the host that holds its pool, or here. Throws when no host answers. */
export async function runFor(
  c: Context<EdgeEnv>,
  { tenant, caller }: { tenant: Tenant; caller: Caller },
  { url, init, repeatable }: TenantRequest,
): Promise<Response> {
  const config = c.get('config')
  const requestId = c.get('requestId')
  const { traceId } = c.get('trace')
  const places = await placesInForce(c, tenant)
  const place = placeOf(places, busy, Math.random)
  c.set('placement', place.kind)
  if (place.kind === 'isolate') {
    const usage = new RequestUsage({ requestId, traceId })
    const answer = await runHere(new Request(url, init), { tenant, caller, usage }, config, c.env)
    c.set('spent', usage.spent())
    return answer
  }
  const { host, pool } = place
  c.set('host', host)
  const ttlMs = cacheTtlMs(places, placementOf(tenant, config), config)
  writeCall(init.headers, { host, tenant, caller, pool, requestId, traceId, cacheTtlMs: ttlMs })
  const response = await busy.during(host, () =>
    callHost(c.env, config, { host, requestId, repeatable }, (stub) => stub.fetch(url, init)),
  )
  // The answer of a fetch has headers that cannot be changed.
  const answer = new Response(response.body, response)
  c.set('spent', takeSpent(answer.headers))
  return answer
}
