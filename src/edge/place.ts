import type { Tenant } from '../tenants/tenant.ts'

/** Where a tenant's requests run. */
export interface Placement {
  /** Name of the pool host: one live object in the world. */
  readonly host: string
  /** Key of the tenant's pool in that host. */
  readonly pool: string
}

/** Gives every tenant a host of its own. */
export function placeOf(tenant: Pick<Tenant, 'id'>): Placement {
  return { host: `dedicated:${tenant.id}`, pool: tenant.id }
}
