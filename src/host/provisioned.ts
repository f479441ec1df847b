import { LruMap } from '../lru-map.ts'

/** Remembers for how many tenants; a forgotten one is provisioned again, which is safe. */
const MAX_REMEMBERED = 10_000

/**
 * Which tenants' schemas and databases are known to be there. Callers for one tenant share one attempt; a failed one
 * is not kept.
 */
export class Provisioned {
  readonly #attempts = new LruMap<string, Promise<void>>(MAX_REMEMBERED)

  ensure(tenantId: string, provision: () => Promise<void>): Promise<void> {
    const current = this.#attempts.get(tenantId)
    if (current) return current
    const attempt = provision()
    this.#attempts.set(tenantId, attempt)
    attempt.catch(() => {
      if (this.#attempts.peek(tenantId) === attempt) this.#attempts.delete(tenantId)
    })
    return attempt
  }
}
