import { LruMap } from '../lru-map.ts'

/** Tenants that one host remembers; of a forgotten one an eventual read may miss its last write, as eventual reads may. */
const MAX_REMEMBERED = 10_000

/** Which tenants wrote a moment ago, so that they find what they wrote. Pure: time is passed in. */
export class LastWrites {
  readonly #pinMs: number
  readonly #writtenAt = new LruMap<string, number>(MAX_REMEMBERED)

  /** @param pinMs how long a write counts as recent */
  constructor(pinMs: number) {
    this.#pinMs = pinMs
  }

  note(tenant: string, now: number): void {
    if (this.#pinMs > 0) this.#writtenAt.set(tenant, now)
  }

  isRecent(tenant: string, now: number): boolean {
    const at = this.#writtenAt.peek(tenant)
    return at !== undefined && now - at < this.#pinMs
  }
}
