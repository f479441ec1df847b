import type { Config } from '../config.ts'
import type { Tenant } from './tenant.ts'
import { tierByPrefix } from './tier.ts'

/** The record of a tenant: what `TENANTS` says, and for what it does not say the defaults of this deployment. */
export function findTenant(id: string, config: Config): Tenant {
  const record = config.tenants.get(id)
  return {
    id,
    tier: record?.tier ?? (config.tierByPrefix ? tierByPrefix(id) : 'free'),
    engine: record?.engine ?? config.defaultEngine,
  }
}
