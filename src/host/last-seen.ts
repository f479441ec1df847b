import { ACTIVE_MS } from '../ledger/fleet.ts'

/** Tenants that one host remembers; the least recently seen one is forgotten first. */
const MAX_REMEMBERED = 10_000

/** When each tenant last sent a request. Pure: time is passed in, and must not go backwards. */
export class LastSeen {
  /** Least recently seen first: a Map keeps insertion order, and a request inserts its tenant anew. */
  readonly #seenAt = new Map<string, number>()

  /** On the hot path. */
  touch(tenant: string, now: number): void {
    this.#seenAt.delete(tenant)
    this.#seenAt.set(tenant, now)
    if (this.#seenAt.size <= MAX_REMEMBERED) return
    const [oldest] = this.#seenAt.keys()
    if (oldest !== undefined) this.#seenAt.delete(oldest)
  }

  /** How many tenants sent a request in the last five minutes; the others are forgotten. */
  countActive(now: number): number {
    for (const [tenant, at] of this.#seenAt) {
      if (now - at <= ACTIVE_MS) break
      this.#seenAt.delete(tenant)
    }
    return this.#seenAt.size
  }
}
