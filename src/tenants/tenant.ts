import { z } from 'zod'
import type { PlacementKind } from './tier.ts'

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
  /** When its record was made (epoch ms): tells it from a deleted tenant of the same id. Absent without a record. */
  readonly since?: number
  /** When its record was changed the last time (epoch ms); absent when it never was. */
  readonly changedAt?: number
  /** Goes before the placement of the tier. */
  readonly placement?: PlacementKind
  /** Its own connection string, sealed by the `Vault`: the host that connects is the one that opens it. */
  readonly connection?: string
  /** Requests per minute; goes before the limit of the tier. */
  readonly rateLimit?: number
}

/** The Postgres schema that holds a tenant's tables; always written quoted. */
export function schemaOf(tenantId: string): string {
  return `tenant_${tenantId}`
}

/** The MongoDB database that holds a tenant's collections. */
export function databaseOf(tenantId: string): string {
  return `user_${tenantId}_db`
}
