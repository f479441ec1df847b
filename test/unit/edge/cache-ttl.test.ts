import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
import { cacheTtlMs } from '../../../src/edge/cache-ttl.ts'
import { placesOf } from '../../../src/edge/place.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'

const tenant: Tenant = { id: 'acme', tier: 'enterprise', engine: 'postgres' }

function configWith(variables: Record<string, string>) {
  const base = { DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', JWT_SECRET: 's'.repeat(32) }
  const parsed = parseConfig({ ...base, ...variables })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.config
}

const ONE_SHARD = { TIERS: JSON.stringify({ enterprise: { shards: 1 } }) }

test.each(['shared', 'grouped', 'dedicated'] as const)('one host for a tenant, %s, keeps answers', (kind) => {
  const config = configWith({ ...ONE_SHARD, QUERY_CACHE_TTL: '120' })
  expect(cacheTtlMs(placesOf(tenant, config, kind), kind, config)).toBe(120_000)
})

test('several hosts for a tenant keep nothing: none hears of the others’ writes', () => {
  const config = configWith({})
  expect(cacheTtlMs(placesOf(tenant, config, 'dedicated'), 'dedicated', config)).toBe(0)
})

test('under auto an answer is never older than 30 s, and no older than it may be elsewhere', () => {
  const places = placesOf(tenant, configWith(ONE_SHARD), 'grouped')
  expect(cacheTtlMs(places, 'auto', configWith({}))).toBe(30_000)
  expect(cacheTtlMs(places, 'auto', configWith({ QUERY_CACHE_TTL: '5' }))).toBe(5_000)
})
