import { type Call, writeCall } from '../../src/host/call.ts'
import type { ENGINES } from './support.ts'

/** The headers with which the edge sends a request of a tenant to a host, for a host that a test made itself. */
export function hostCall(tenant: string, engine: (typeof ENGINES)[number], host: string): Headers {
  const call: Call = {
    host,
    tenant: { id: tenant, tier: 'basic', engine },
    caller: {},
    pool: { key: tenant, tenant, minSize: 1, maxSize: 4, weight: 1 },
    requestId: host,
  }
  const headers = new Headers()
  writeCall(headers, call)
  return headers
}
