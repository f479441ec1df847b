import type { Context } from 'hono'
import type { Config } from '../config.ts'
import { Problem } from '../problem.ts'
import { openApiApp } from '../routes/openapi.ts'
import type { TenantAction } from '../telemetry/events.ts'
import { log } from '../telemetry/log.ts'
import { type Directory, defaultRecord, directoryOf } from '../tenants/directory.ts'
import type { TenantRecord } from '../tenants/record.ts'
import { changeTenant, createTenant, deleteTenant, listTenants, readTenant } from './api/tenants.ts'
import type { EdgeEnv } from './bindings.ts'
import { OwnConnections } from './own-connections.ts'
import { TenantDatabases } from './tenant-databases.ts'
import { changedRecord, checkRecord, newRecord } from './tenant-input.ts'

/** The directory: onboarding tenants, looking at them, changing and deleting them. */
export const tenants = openApiApp<EdgeEnv>()

tenants.openapi(createTenant, async (c) => {
  const { config } = c.var
  const { records, cache } = writable(config)
  const given = c.req.valid('json')
  const own = new OwnConnections(config)
  const wanted = newRecord(given, config, Date.now())
  const url = own.check(wanted, given.connection_string)
  checkRecord(wanted, config, url !== null)

  const databases = new TenantDatabases(c)
  let existing = await records.find(wanted.id)
  if (!existing) {
    const record = url === null ? wanted : { ...wanted, connection: await own.seal(wanted.id, url) }
    if (url !== null) await databases.try(record)
    // Before the record, so that what is in the directory is ready; what is prepared without a record does no harm and
    // is found by the next call.
    await databases.prepare(record)
    if (await records.create(record)) {
      cache.put(record)
      changed(c, 'created', record.id)
      return c.json(shown(record), 201, { location: `/admin/tenants/${record.id}` })
    }
    existing = await records.find(wanted.id)
  }
  if (!existing || !isSame(existing, wanted) || !(await own.isSame(existing, url))) {
    throw new Problem('conflict', {
      detail: 'There is a tenant of that id with other properties.',
      field: 'id',
    })
  }
  await databases.prepare(existing)
  cache.put(existing)
  return c.json(shown(existing), 200)
})

tenants.openapi(listTenants, async (c) => {
  const { config } = c.var
  const { cursor, limit } = c.req.valid('query')
  const directory = directoryOf(config)
  if (!directory)
    return c.json({ tenants: [...config.tenants.keys()].map((id) => listed(id, config)), cursor: null }, 200)
  const page = await directory.records.page(cursor, limit)
  return c.json({ tenants: page.records.map(shown), cursor: page.cursor }, 200)
})

tenants.openapi(readTenant, async (c) => {
  const { config } = c.var
  const id = c.req.valid('param').id
  const directory = directoryOf(config)
  if (directory) return c.json(shown(await existingRecord(directory, id)), 200)
  if (!config.tenants.has(id)) throw noTenant()
  return c.json(listed(id, config), 200)
})

tenants.openapi(changeTenant, async (c) => {
  const { config } = c.var
  const directory = writable(config)
  const change = c.req.valid('json')
  const before = await existingRecord(directory, c.req.valid('param').id)
  const own = new OwnConnections(config)
  const url = own.check(before, change.connection_string)
  const plan = changedRecord(before, change, Date.now())
  checkRecord(plan, config, url !== null || plan.connection !== null)
  const after = url === null ? plan : { ...plan, connection: await own.seal(plan.id, url) }
  const databases = new TenantDatabases(c)
  if (url !== null) await databases.try(after)
  await replace(directory, before, after)
  changed(c, 'changed', after.id)
  // Pools that could not be closed now close when they have been idle.
  c.executionCtx.waitUntil(databases.leave(before, after).catch(() => {}))
  return c.json(shown(after), 200)
})

tenants.openapi(deleteTenant, async (c) => {
  const directory = writable(c.var.config)
  const purge = c.req.valid('query').purge === 'true'
  const record = await existingRecord(directory, c.req.valid('param').id)
  const databases = new TenantDatabases(c)
  let closed = 0
  if (purge) {
    // In this order a call that fails on the way leaves a suspended tenant, and the next call finishes.
    const suspended = changedRecord(record, { status: 'suspended' }, Date.now())
    await replace(directory, record, suspended)
    closed = await databases.expel(record)
    await databases.purge(record)
  }
  await directory.records.remove(record.id)
  directory.cache.forget(record.id)
  // Also the pool that the purge ran on. Hosts that cannot be reached close it when it has been idle.
  const rest = await databases.expel(record).catch(() => 0)
  changed(c, purge ? 'purged' : 'deleted', record.id)
  return c.json({ id: record.id, deleted: true, purged: purge, pools_closed: purge ? closed : rest }, 200)
})

/** Throws `directory_read_only` where there is no Redis. */
function writable(config: Config): Directory {
  const directory = directoryOf(config)
  if (!directory) throw new Problem('directory_read_only')
  return directory
}

async function existingRecord({ records }: Directory, id: string): Promise<TenantRecord> {
  const record = await records.find(id)
  if (!record) throw noTenant()
  return record
}

/** Writes a change, and makes this isolate know it. Throws `conflict` when somebody else was first. */
async function replace(directory: Directory, before: TenantRecord, after: TenantRecord): Promise<void> {
  if (!(await directory.records.replace(after, before.updated_at))) {
    throw new Problem('conflict', {
      detail: 'The tenant was changed at the same time; look at it and try again.',
    })
  }
  directory.cache.put(after)
}

/** Whether the same was asked for, its connection string apart. */
function isSame(a: TenantRecord, b: TenantRecord): boolean {
  const fields = ['id', 'name', 'tier', 'engine', 'placement', 'rate_limit'] as const
  return fields.every((field) => a[field] === b[field])
}

function changed(c: Context<EdgeEnv>, action: TenantAction, tenant: string): void {
  log({ event: 'tenant.changed', action, tenant, request_id: c.var.requestId })
}

function noTenant(): Problem {
  return new Problem('not_found', { detail: 'There is no such tenant.' })
}

/** A record for people: whether it has a connection string, and never which. */
function shown({ connection, created_at, updated_at, ...record }: TenantRecord) {
  return {
    ...record,
    own_connection: connection !== null,
    created_at: new Date(created_at).toISOString(),
    updated_at: new Date(updated_at).toISOString(),
  }
}

/** A tenant of the variable `TENANTS`, which keeps no times. */
function listed(id: string, config: Config) {
  return { ...shown(defaultRecord(id, config, 0)), created_at: null, updated_at: null }
}
