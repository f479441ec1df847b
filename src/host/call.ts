import type { Caller } from '../tenants/caller.ts'
import type { Tenant, Tier } from '../tenants/tenant.ts'

/** A tenant's pool in its host, as its placement wants it. */
export interface PoolPlace {
  /** Unique in the host. */
  readonly key: string
  /** Whose pool it is; `null` when tenants share it. */
  readonly tenant: string | null
  /** Of that tenant; absent in calls of an edge before it. */
  readonly tier?: Tier | null
  readonly minSize: number
  readonly maxSize: number
  /** How much of a short budget it gets, against other pools' weights. */
  readonly weight: number
}

/** What the edge found out about a request and the host needs to know. */
export interface Call {
  /** Name of the pool host that is called. */
  readonly host: string
  readonly tenant: Tenant
  readonly caller: Caller
  readonly pool: PoolPlace
  readonly requestId: string
  /** Of the W3C trace that the request is part of; a version before traces tells none. */
  readonly traceId?: string
  /** How long the request may still take, in ms: clocks differ, so no moment crosses. A version before tells none. */
  readonly leftMs?: number
  /** How old the host's answers may become, in ms; absent when the tenant has others, which do not hear of its writes. */
  readonly cacheTtlMs?: number
}

/**
 * Carries a `Call` over the hop. Nobody but this Worker can reach its objects, and the edge builds the headers of the
 * hop anew, so a client's own header of that name gets no further than the edge.
 */
const HEADER = 'x-rockpool-call'

export function writeCall(headers: Headers, call: Call): void {
  headers.set(HEADER, JSON.stringify(call))
}

export function readCall(headers: Headers): Call {
  const text = headers.get(HEADER)
  if (text === null) throw new TypeError('a pool host was called without a call')
  return JSON.parse(text) as Call
}
