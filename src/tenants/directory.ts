import type { Config } from '../config.ts'
import type { Tenant } from './tenant.ts'

/** The record of a tenant: the one that `TENANTS` names, else the defaults of this deployment. */
export function findTenant(id: string, config: Config): Tenant {
  const record = config.tenants.get(id)
  return { id, tier: record?.tier ?? 'free', engine: record?.engine ?? config.defaultEngine }
}
