import type { Lease } from '../pools/lease.ts'
import type { Tenant } from '../tenants/tenant.ts'

/** What a route finds around it, wherever it runs. Routes do not know whether that is a pool host or the edge. */
export interface RouteBindings {
  readonly tenant: Tenant
  readonly requestId: string
  /** A connection to the tenant's database, with its schema or database prepared. Throws a `Problem`. */
  lease(): Promise<Lease>
}

export interface RouteEnv {
  Bindings: RouteBindings
}
