import type { RouteCache } from '../../routes/bindings.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { revisionOf } from '../../tenants/vault.ts'
import type { Admission } from '../admission.ts'
import type { Call } from '../call.ts'
import type { QueryCache, TenantScope } from './query-cache.ts'

/** What the routes of a call get of the answers that are kept here: for one of them no connection is taken. */
export function routeCache(
  queries: QueryCache,
  { tenant, cacheTtlMs: ttlMs = 0 }: Call,
  admission: Admission,
): RouteCache {
  const data = dataOf(tenant)
  return {
    async read(query, load) {
      await admission.pass()
      return queries.read({ ...data, ttlMs }, query, load)
    },
    write: (resource, work) => queries.write(data, resource, work),
  }
}

/** Whose data a request is about, and which: a tenant that was created anew, or has another database, has others. */
function dataOf({ id, since = 0, changedAt = 0, connection }: Tenant): Omit<TenantScope, 'ttlMs'> {
  const database = connection === undefined ? '' : revisionOf(connection)
  return { tenant: id, data: `${since}@${database}`, changedAt }
}
