import { LruMap } from '../lru-map.ts'
import { Problem } from '../problem.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { PoolPlace } from './call.ts'
import { Provisioned } from './provisioned.ts'

/** Deleted tenants that a host remembers: by then every isolate has heard of them. */
const MAX_REMEMBERED = 1_000

/** Which tenants one host has prepared for, and which it must no longer serve. */
export class Tenancies {
  readonly #provisioned: Provisioned
  readonly #expelled = new LruMap<string, true>(MAX_REMEMBERED)

  /** @param now epoch ms */
  constructor(now?: () => number) {
    this.#provisioned = new Provisioned(now)
  }

  /**
   * Throws `unknown_tenant` for one that was deleted: isolates use what they know of it for up to 30 s, and a request
   * in that time must not bring back what was purged.
   */
  admit(tenant: Tenant): void {
    if (this.#expelled.peek(incarnation(tenant))) throw new Problem('unknown_tenant')
  }

  /** Prepares a tenant's schema or database, once for each database that it lives in. */
  ensure(tenant: Tenant, pool: PoolPlace, provision: () => Promise<void>): Promise<void> {
    return this.#provisioned.ensure(`${incarnation(tenant)} ${pool.key}`, provision)
  }

  /** Something that was prepared is missing; whether it is looked for and made again with the next request. */
  doubt(tenant: Tenant, pool: PoolPlace): boolean {
    return this.#provisioned.doubt(`${incarnation(tenant)} ${pool.key}`)
  }

  expel(tenant: Tenant): void {
    this.#expelled.set(incarnation(tenant), true)
  }

  /** Takes back a tenant whose deletion was not finished. */
  readmit(tenant: Tenant): void {
    this.#expelled.delete(incarnation(tenant))
  }
}

/** One life of a tenant: who is created again under the same id is somebody else. */
function incarnation({ id, since = 0 }: Tenant): string {
  return `${id}@${since}`
}
