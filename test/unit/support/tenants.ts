import type { TenantRecord } from '../../../src/tenants/record.ts'

export function recordOf(id: string, overrides: Partial<TenantRecord> = {}): TenantRecord {
  return {
    id,
    name: id,
    tier: 'free',
    engine: 'postgres',
    placement: null,
    connection: null,
    rate_limit: null,
    status: 'active',
    created_at: 1_000,
    updated_at: 1_000,
    ...overrides,
  }
}
