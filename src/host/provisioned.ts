import { LruMap } from '../lru-map.ts'

/** Remembers for how many tenants; a forgotten one is provisioned again, which is safe. */
const MAX_REMEMBERED = 10_000

/** After so long it is looked again, in ms: a database may be restored, or lose an index, behind everybody's back. */
const FRESH_MS = 10 * 60_000
/** What was found missing is looked for again this often at most, in ms. */
const AGAIN_MS = 10_000

interface Attempt {
  readonly done: Promise<void>
  readonly at: number
}

/**
 * Which tenants' schemas and databases are known to be there. Callers for one tenant share one attempt; a failed one
 * is not kept.
 */
export class Provisioned {
  readonly #now: () => number
  readonly #attempts = new LruMap<string, Attempt>(MAX_REMEMBERED)

  /** @param now epoch ms */
  constructor(now: () => number = () => 0) {
    this.#now = now
  }

  ensure(tenantId: string, provision: () => Promise<void>): Promise<void> {
    const current = this.#attempts.get(tenantId)
    if (current && this.#now() - current.at < FRESH_MS) return current.done
    const done = provision()
    const attempt = { done, at: this.#now() }
    this.#attempts.set(tenantId, attempt)
    done.catch(() => {
      if (this.#attempts.peek(tenantId) === attempt) this.#attempts.delete(tenantId)
    })
    return done
  }

  /**
   * Something of it was found missing: the next caller looks again. `false` where that was done a moment ago, so that it
   * is something else that is missing.
   */
  doubt(tenantId: string): boolean {
    const current = this.#attempts.peek(tenantId)
    if (current && this.#now() - current.at < AGAIN_MS) return false
    this.#attempts.delete(tenantId)
    return true
  }
}
