import { z } from 'zod'
import type { Config } from '../config.ts'
import { CLUSTER_OF, clustersOf } from '../host/specs.ts'
import { Problem } from '../problem.ts'
import { whole } from '../routes/input.ts'
import { MAX_CONNECTION_STRING } from '../tenants/connection-string.ts'
import { defaultRecord } from '../tenants/directory.ts'
import { STATUSES, type TenantRecord } from '../tenants/record.ts'
import { ENGINES, TenantId, TIERS } from '../tenants/tenant.ts'
import { PLACEMENTS } from '../tenants/tier.ts'

const name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((value) => value.isWellFormed())
const connectionString = z.string().trim().min(1).max(MAX_CONNECTION_STRING)

/** What a record says beside its id and engine, as far as it may be changed. */
const plan = {
  name: name.optional(),
  tier: z.enum(TIERS).optional(),
  placement: z.enum(PLACEMENTS).nullable().optional(),
  rate_limit: z.number().int().min(1).max(1_000_000).nullable().optional(),
  connection_string: connectionString.nullable().optional(),
}

export const NewTenant = z.strictObject({ id: TenantId, engine: z.enum(ENGINES).optional(), ...plan })
export type NewTenant = z.infer<typeof NewTenant>

/** The engine cannot be changed: a tenant's data do not move by themselves. */
export const TenantChange = z
  .strictObject({ ...plan, status: z.enum(STATUSES).optional() })
  .refine((change) => Object.keys(change).length > 0, 'Give at least one field to change.')
export type TenantChange = z.infer<typeof TenantChange>

/** Whether it can be a cursor of Redis' SCAN: an unsigned integer of 64 bits (redis.io/docs/latest/commands/scan). */
function isScanCursor(text: string): boolean {
  return /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n
}

export const TenantPage = z.object({
  limit: whole(1, 1_000).default(100),
  cursor: z.string().refine(isScanCursor, 'Expected the cursor of an earlier answer.').default('0'),
})

export const TenantDeletion = z.object({
  purge: z.enum(['true', 'false'], 'Expected true or false.').default('false'),
})

/** The record that a new tenant gets; its connection string is not in it yet. */
export function newRecord(
  { connection_string, ...given }: NewTenant,
  config: Config,
  now: number,
): TenantRecord {
  return { ...defaultRecord(given.id, config, now), ...withoutUndefined(given) }
}

/** What becomes of a record; its connection string, if there is a new one, is not in it yet. */
export function changedRecord(record: TenantRecord, change: TenantChange, now: number): TenantRecord {
  const { connection_string: connection, ...given } = change
  return {
    ...record,
    ...withoutUndefined(given),
    ...(connection === null && { connection: null }),
    // Grows with every change, even with two in one millisecond.
    updated_at: Math.max(now, record.updated_at + 1),
  }
}

/**
 * Refuses what this deployment cannot serve. Throws `invalid_request`.
 * @param bringsOwn whether the tenant has a connection string of its own
 */
export function checkRecord(record: TenantRecord, config: Config, bringsOwn: boolean): void {
  if (!clustersOf(config).includes(CLUSTER_OF[record.engine])) {
    throw invalid('engine', 'This deployment has no database of that kind.')
  }
  const placement = record.placement ?? config.tiers[record.tier].placement
  if (bringsOwn && placement !== 'dedicated') {
    throw invalid('connection_string', 'Only a tenant with the placement dedicated can bring its own.')
  }
}

export function invalid(field: string, detail: string): Problem {
  return new Problem('invalid_request', { field, detail })
}

/** A field that is given as `undefined` must not undo what is there. */
function withoutUndefined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
