import { z } from 'zod'

/**
 * A tenant id. MongoDB refuses two databases that differ by case only, and a Postgres name ends at 63 bytes; 48 lower
 * case characters leave room for the prefixes in `schemaOf` and `databaseOf`.
 */
export const TenantId = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,47}$/)

export const TIERS = ['free', 'basic', 'premium', 'enterprise'] as const
export type Tier = (typeof TIERS)[number]

export const ENGINES = ['postgres', 'mongo'] as const
export type EngineName = (typeof ENGINES)[number]

/** Who a request acts for. */
export interface Tenant {
  readonly id: string
  readonly tier: Tier
  readonly engine: EngineName
}

/** The Postgres schema that holds a tenant's tables; always written quoted. */
export function schemaOf(tenantId: string): string {
  return `tenant_${tenantId}`
}

/** The MongoDB database that holds a tenant's collections. */
export function databaseOf(tenantId: string): string {
  return `user_${tenantId}_db`
}
