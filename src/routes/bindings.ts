import type { Connection } from '../engines/connection.ts'
import type { Caller } from '../tenants/caller.ts'
import type { Tenant } from '../tenants/tenant.ts'

/** A connection for the time of one request; `await using` gives it back. */
export interface RouteLease extends AsyncDisposable {
  readonly connection: Connection
}

/** What a route finds around it, wherever it runs. Routes do not know whether that is a pool host or the edge. */
export interface RouteBindings {
  readonly tenant: Tenant
  /** Which of the tenant's users is calling. */
  readonly caller: Caller
  readonly requestId: string
  /** A connection to the tenant's database, with its schema or database prepared. Throws a `Problem`. */
  lease(): Promise<RouteLease>
}

export interface RouteEnv {
  Bindings: RouteBindings
}
