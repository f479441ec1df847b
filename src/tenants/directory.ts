import type { Config } from '../config.ts'
import { systemClock } from '../pools/clock.ts'
import { Problem } from '../problem.ts'
import { redisClient } from '../redis.ts'
import { log } from '../telemetry/log.ts'
import { type TenantRecord, tenantOf } from './record.ts'
import { RecordCache } from './record-cache.ts'
import type { TenantRecords } from './records.ts'
import { RedisRecords } from './redis-records.ts'
import type { Tenant, Tier } from './tenant.ts'
import { tierByPrefix } from './tier.ts'

/** How long Redis may take for one command, in ms. */
const REDIS_TIMEOUT_MS = 1_000

/** The records of a deployment that has Redis, and what this isolate knows of them. */
export interface Directory {
  readonly records: TenantRecords
  readonly cache: RecordCache
}

/** The directory of a deployment; `undefined` where the variable `TENANTS` is all there is. */
export function directoryOf(config: Config): Directory | undefined {
  const { redis } = config
  if (!redis) return undefined
  let directory = directories.get(config)
  if (!directory) {
    const records = new RedisRecords(() => redisClient(redis, REDIS_TIMEOUT_MS))
    const onFailure = (tenant: string, stale: boolean) => log({ event: 'directory.failed', tenant, stale })
    directory = { records, cache: new RecordCache({ clock: systemClock, onFailure }) }
    directories.set(config, directory)
  }
  return directory
}

/** Once per isolate, as the configuration itself: plain data that requests may share. */
const directories = new WeakMap<Config, Directory>()

/**
 * The tenant that a request acts for: at once when its record is known here, else after Redis was asked. Throws
 * `unknown_tenant`, `tenant_suspended` or `directory_unavailable`, at once or later.
 * @param inBackground keeps the request's context until a promise has settled (`ctx.waitUntil`)
 */
export function findTenant(
  id: string,
  config: Config,
  inBackground?: (work: Promise<unknown>) => void,
): Tenant | Promise<Tenant> {
  const directory = directoryOf(config)
  if (!directory) {
    if (!isEnrolled(id, config)) throw new Problem('unknown_tenant')
    return defaultTenant(id, config)
  }
  const { records, cache } = directory
  const found = cache.find(id, () => readOrEnroll(id, config, records), inBackground)
  return found instanceof Promise ? found.then(admitted) : admitted(found)
}

/**
 * The tenant of that id whatever its status, for looking at it and at its pools; with the defaults of this deployment
 * when there is no record. Throws `directory_unavailable`.
 */
export async function lookUpTenant(id: string, config: Config): Promise<Tenant> {
  const directory = directoryOf(config)
  if (!directory) return defaultTenant(id, config)
  const known = directory.cache.peek(id)
  const record = await directory.records.find(id).catch((error: unknown) => {
    if (known) return known
    throw error
  })
  return record ? tenantOf(record) : defaultTenant(id, config)
}

/** What `TENANTS` says of a tenant, and for what it does not say the defaults of this deployment. */
export function defaultTenant(id: string, config: Config): Tenant {
  const listed = config.tenants.get(id)
  return {
    id,
    tier: configuredTier(id, config),
    engine: listed?.engine ?? config.defaultEngine,
  }
}

/** The tier that this deployment's variables alone give to an id. */
export function configuredTier(id: string, { tenants, tierByPrefix: byPrefix }: Config): Tier {
  return tenants.get(id)?.tier ?? (byPrefix ? tierByPrefix(id) : 'free')
}

/** The record of a tenant of whom nothing more is known. */
export function defaultRecord(id: string, config: Config, now: number): TenantRecord {
  return {
    ...defaultTenant(id, config),
    name: id,
    placement: null,
    connection: null,
    rate_limit: null,
    status: 'active',
    created_at: now,
    updated_at: now,
  }
}

/** Makes a record of every tenant that `TENANTS` names and that has none. Throws `directory_unavailable`. */
export async function enrollListed(config: Config, now: number): Promise<void> {
  const directory = directoryOf(config)
  if (!directory) return
  for (const id of config.tenants.keys()) await directory.records.create(defaultRecord(id, config, now))
}

async function readOrEnroll(
  id: string,
  config: Config,
  records: TenantRecords,
): Promise<TenantRecord | null> {
  const found = await records.find(id)
  if (found || !isEnrolled(id, config)) return found
  const record = defaultRecord(id, config, Date.now())
  // Another isolate may have been first; then its record is the one.
  return (await records.create(record)) ? record : records.find(id)
}

/** Whether an id without a record is a tenant: the deployment names it, or takes everybody. */
function isEnrolled(id: string, { tenants, enrollment }: Config): boolean {
  return enrollment === 'open' || tenants.has(id)
}

function admitted(record: TenantRecord | null): Tenant {
  if (!record) throw new Problem('unknown_tenant')
  if (record.status === 'suspended') throw new Problem('tenant_suspended')
  return tenantOf(record)
}
