import type { Context } from 'hono'
import type { Call } from '../host/call.ts'
import { resultOf } from '../host/outcome.ts'
import { provision, unprovision } from '../routes/provision.ts'
import { type TenantRecord, tenantOf } from '../tenants/record.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { EdgeEnv } from './bindings.ts'
import { leftMsOf } from './forward.ts'
import { callEach, callHost } from './hosts.ts'
import { placesInForce } from './in-force.ts'
import { isolateConnection } from './isolate.ts'
import type { HostPlacement, Placement } from './place.ts'
import { invalid } from './tenant-input.ts'

/** What onboarding and deleting a tenant do beside its connections, from where the administrator asks for it. */
export class TenantDatabases {
  readonly #c: Context<EdgeEnv>

  constructor(c: Context<EdgeEnv>) {
    this.#c = c
  }

  /** Refuses a connection string under which no database answers. Throws `invalid_request`. */
  async try(record: TenantRecord): Promise<void> {
    const { tenant, first } = await this.#placed(record)
    if (first.kind === 'isolate') return
    const call = this.#call(first, tenant)
    const { problem } = await this.#onHost(first.host, (stub) => stub.trial(call))
    if (problem) throw invalid('connection_string', `A trial connection ended with ${problem.code}.`)
  }

  /** Creates the tenant's schema or database with its indexes where it is missing. Throws what the database did. */
  async prepare(record: TenantRecord): Promise<void> {
    const { tenant, first } = await this.#placed(record)
    if (first.kind === 'isolate')
      return provision(await isolateConnection(tenant, this.#c.var.config), tenant)
    const call = this.#call(first, tenant)
    resultOf(await this.#onHost(first.host, (stub) => stub.prepare(call)))
  }

  /** Ends a deleted tenant's requests on all of its hosts and closes its pools; the answer is how many there were. */
  async expel(record: TenantRecord): Promise<number> {
    const { tenant, places } = await this.#placed(record)
    const closed = await callEach(hostsAmong(places), ({ host }) =>
      this.#onHost(host, (stub) => stub.expel(tenant)),
    )
    return closed.reduce((sum, pools) => sum + pools, 0)
  }

  /** Drops all that the tenant has, for good. Throws what the database did. */
  async purge(record: TenantRecord): Promise<void> {
    const { tenant, first } = await this.#placed(record)
    if (first.kind === 'isolate')
      return unprovision(await isolateConnection(tenant, this.#c.var.config), tenant)
    const call = this.#call(first, tenant)
    resultOf(await this.#onHost(first.host, (stub) => stub.purge(call)))
  }

  /** Closes the pools that the tenant had of its own before a change, once those who wait for them were served. */
  async leave(before: TenantRecord, after: TenantRecord): Promise<void> {
    const [old, now] = await Promise.all([this.#placed(before), this.#placed(after)])
    const current = new Set(hostsAmong(now.places).map(({ host, pool }) => `${host} ${pool.key}`))
    const left = hostsAmong(old.places).filter(
      ({ host, pool }) => pool.tenant !== null && !current.has(`${host} ${pool.key}`),
    )
    await callEach(left, ({ host, pool }) => this.#onHost(host, (stub) => stub.close(pool.key, 'recycled')))
  }

  async #placed(record: TenantRecord) {
    const tenant = tenantOf(record)
    const places = await placesInForce(this.#c, tenant)
    return { tenant, places, first: places[0] }
  }

  #call({ host, pool }: HostPlacement, tenant: Tenant): Call {
    return { host, tenant, caller: {}, pool, requestId: this.#c.var.requestId, leftMs: leftMsOf(this.#c) }
  }

  #onHost<T>(host: string, call: Parameters<typeof callHost<T>>[3]): Promise<T> {
    const { config, requestId } = this.#c.var
    return callHost(this.#c.env, config, { host, requestId, repeatable: true }, call)
  }
}

function hostsAmong(places: readonly Placement[]): HostPlacement[] {
  return places.filter((place) => place.kind !== 'isolate')
}
