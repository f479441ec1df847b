import type { Context } from 'hono'
import { type Call, writeCall } from '../host/call.ts'
import { resultOf } from '../host/outcome.ts'
import { takeSpent } from '../host/spent.ts'
import { RequestUsage } from '../pools/request-usage.ts'
import { routes } from '../routes/app.ts'
import { isSafe } from '../routes/safe.ts'
import { isRepeatable, type SignInRequest } from '../routes/users/sign-in-request.ts'
import type { User } from '../routes/users/user.ts'
import type { Caller } from '../tenants/caller.ts'
import { findTenant } from '../tenants/directory.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { EdgeEnv } from './bindings.ts'
import { Busy } from './busy.ts'
import { cacheTtlMs } from './cache-ttl.ts'
import { callHost } from './hosts.ts'
import { type Identity, identify } from './identify.ts'
import { placesInForce } from './in-force.ts'
import { runHere, signInHere } from './isolate.ts'
import { limitAddress, limitTenant } from './limit.ts'
import { type HostPlacement, type Placement, placementOf, placeOf } from './place.ts'
import { noRoute, routeAt } from './routing.ts'

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
  if (routeAt(routes.router, c.req.method, c.req.path) === undefined) throw noRoute(routes.router, c.req.path)
  const headers = new Headers()
  for (const name of FORWARDED) {
    const value = c.req.raw.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const { method, signal, url } = c.req.raw
  const repeatable = isSafe(method)
  const init = { method, headers, signal, ...(!repeatable && { body: await c.req.arrayBuffer() }) }
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
interface TenantRequest {
  readonly url: string
  readonly init: RequestInit & { readonly headers: Headers }
  /** Whether it may be sent twice. */
  readonly repeatable: boolean
}

/** Runs a request for a tenant, in one hop to the host that holds its pool, or here. Throws when no host answers. */
async function runFor(
  c: Context<EdgeEnv>,
  { tenant, caller }: { tenant: Tenant; caller: Caller },
  { url, init, repeatable }: TenantRequest,
): Promise<Response> {
  const config = c.get('config')
  const { place, call } = await placed(c, tenant, caller)
  if (!call) {
    const usage = usageOf(c)
    const answer = await runHere(new Request(url, init), { tenant, caller, usage }, config, c.env)
    c.set('spent', usage.spent())
    return answer
  }
  const { host } = place
  writeCall(init.headers, call)
  const response = await busy.during(host, () =>
    callHost(c.env, config, { host, requestId: call.requestId, repeatable }, (stub) => stub.fetch(url, init)),
  )
  // The answer of a fetch has headers that cannot be changed.
  const answer = new Response(response.body, response)
  c.set('spent', takeSpent(answer.headers))
  return answer
}

/** Asks for one of a tenant's users, in one hop to the host that holds its pool, or here. Throws the `Problem` met. */
export async function signInFor(
  c: Context<EdgeEnv>,
  tenant: Tenant,
  request: SignInRequest,
): Promise<User | null> {
  const config = c.get('config')
  const { place, call } = await placed(c, tenant, {})
  if (!call) {
    const usage = usageOf(c)
    try {
      return await signInHere(request, { tenant, usage }, config, c.env)
    } finally {
      c.set('spent', usage.spent())
    }
  }
  const { host } = place
  const hop = { host, requestId: call.requestId, repeatable: isRepeatable(request) }
  const { outcome, spent } = await busy.during(host, () =>
    callHost(c.env, config, hop, (stub) => stub.signIn(call, request)),
  )
  c.set('spent', spent)
  return resultOf(outcome)
}

/** Where a tenant's request is to run now; with the call for its host, unless that is here. */
async function placed(c: Context<EdgeEnv>, tenant: Tenant, caller: Caller): Promise<Placed> {
  const config = c.get('config')
  const places = await placesInForce(c, tenant)
  const place = placeOf(places, busy, Math.random)
  c.set('placement', place.kind)
  if (place.kind === 'isolate') return { place }
  const { host, pool } = place
  c.set('host', host)
  const { traceId } = c.get('trace')
  const cacheTtl = cacheTtlMs(places, placementOf(tenant, config), config)
  const requestId = c.get('requestId')
  const leftMs = leftMsOf(c)
  return { place, call: { host, tenant, caller, pool, requestId, traceId, leftMs, cacheTtlMs: cacheTtl } }
}

/** How long a request may still take, in ms: all that has to be done for it shares one time. */
export function leftMsOf(c: Context<EdgeEnv>): number {
  return Math.max(1, c.get('startedAt') + c.get('config').requestTimeoutMs - Date.now())
}

type Placed =
  | { readonly place: Exclude<Placement, HostPlacement>; readonly call?: undefined }
  | { readonly place: HostPlacement; readonly call: Call }

function usageOf(c: Context<EdgeEnv>): RequestUsage {
  return new RequestUsage({ requestId: c.get('requestId'), traceId: c.get('trace').traceId })
}
