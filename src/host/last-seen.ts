import { ACTIVE_MS } from '../ledger/active-tenants.ts'
import type { ActiveTenant } from '../ledger/report.ts'
import { LruMap } from '../lru-map.ts'
import { hashOf } from '../tenants/hash.ts'

/** Tenants that one host remembers; the least recently seen one is forgotten first. */
const MAX_REMEMBERED = 10_000
/** Tenants that a report lists. A fleet with more than that on one host is above every bound of `auto` anyway. */
const MAX_LISTED = 1_000

/** When each tenant last sent a request. Pure: time is passed in, and must not go backwards. */
export class LastSeen {
  readonly #seenAt = new LruMap<string, number>(MAX_REMEMBERED)

  /** On the hot path. */
  touch(tenant: string, now: number): void {
    this.#seenAt.set(tenant, now)
  }

  /** How many tenants sent a request in the last five minutes; the others are forgotten. */
  countActive(now: number): number {
    for (const [tenant, at] of this.#seenAt.oldestFirst()) {
      if (now - at <= ACTIVE_MS) break
      this.#seenAt.delete(tenant)
    }
    return this.#seenAt.size
  }

  /** Who sent a request in the last five minutes; `undefined` when they are more than a report lists. */
  listActive(now: number): ActiveTenant[] | undefined {
    if (this.countActive(now) > MAX_LISTED) return undefined
    return [...this.#seenAt.oldestFirst()].map(([tenant, at]) => [
      hashOf(tenant),
      Math.floor((now - at) / 1000),
    ])
  }
}
