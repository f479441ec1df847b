import { z } from 'zod'
import { ENGINES, type Tenant, TenantId, TIERS } from './tenant.ts'
import { PLACEMENTS } from './tier.ts'

export const STATUSES = ['active', 'suspended'] as const

/** What the directory keeps of a tenant. Times in epoch ms. */
export const TenantRecord = z.object({
  id: TenantId,
  name: z.string(),
  tier: z.enum(TIERS),
  engine: z.enum(ENGINES),
  /** Goes before the placement of the tier. */
  placement: z.enum(PLACEMENTS).nullable(),
  /** The tenant's own connection string, sealed by the `Vault`; `null` for one that lives on the deployment's cluster. */
  connection: z.string().nullable(),
  /** Requests per minute; goes before the limit of the tier. */
  rate_limit: z.number().int().positive().nullable(),
  status: z.enum(STATUSES),
  created_at: z.number(),
  /** Grows with every change, so that a change can be made to depend on what was read. */
  updated_at: z.number(),
})
export type TenantRecord = Readonly<z.infer<typeof TenantRecord>>

/** What a request needs to know of a record. */
export function tenantOf(record: TenantRecord): Tenant {
  const { id, tier, engine, placement, connection, rate_limit: rateLimit } = record
  const { created_at: since, updated_at } = record
  return {
    id,
    tier,
    engine,
    since,
    ...(updated_at > since && { changedAt: updated_at }),
    ...(placement !== null && { placement }),
    ...(connection !== null && { connection }),
    ...(rateLimit !== null && { rateLimit }),
  }
}
