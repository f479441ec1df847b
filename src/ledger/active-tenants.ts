import { hashOf } from '../tenants/hash.ts'
import type { HostReport } from './report.ts'

/** A tenant is active until this long after its last request. */
export const ACTIVE_MS = 5 * 60_000

/**
 * When each tenant of a cluster last sent a request, by the hash of its id, whichever hosts told of it: a tenant that
 * moved, or whose host began a new life, counts once. Pure: time is passed in.
 */
export class ActiveTenants {
  readonly #seenAt = new Map<number, number>()

  /** Takes in whom a report of `at` names. */
  note({ active, active_tenants = 0, owner }: HostReport, at: number): void {
    if (active) {
      for (const [tenant, idleS] of active) this.#seen(tenant, at - idleS * 1000)
    } else if (owner !== undefined && active_tenants > 0) {
      // A version before lists named the tenant whose host it is.
      this.#seen(hashOf(owner), at)
    }
  }

  /** How many sent a request in the last five minutes. */
  count(now: number): number {
    let active = 0
    for (const at of this.#seenAt.values()) if (now - at <= ACTIVE_MS) active++
    return active
  }

  /** Forgets who is not active any more. */
  forget(now: number): void {
    for (const [tenant, at] of this.#seenAt) if (now - at > ACTIVE_MS) this.#seenAt.delete(tenant)
  }

  #seen(tenant: number, at: number): void {
    this.#seenAt.set(tenant, Math.max(at, this.#seenAt.get(tenant) ?? at))
  }
}
