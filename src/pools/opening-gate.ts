/**
 * Bounds how many connections one host opens at a time. At most six connections of an object may wait for their first
 * answer (developers.cloudflare.com/workers/platform/limits, 2026-04-09), and the seventh would block Redis and the
 * Ledger too; the local runtime does not enforce it, so this does.
 */
export class OpeningGate {
  readonly #limit: number
  readonly #blocked: (() => void)[] = []
  #inside = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get inside(): number {
    return this.#inside
  }

  /** Takes a place if one is free. */
  tryEnter(): boolean {
    if (this.#inside >= this.#limit) return false
    this.#inside++
    return true
  }

  /** Takes a place, waiting its turn. */
  enter(): Promise<void> {
    return new Promise((resolve) => {
      const attempt = () => (this.tryEnter() ? resolve() : this.whenFree(attempt))
      attempt()
    })
  }

  /** Calls `retry` once when a place is free; who asked first is called first. */
  whenFree(retry: () => void): void {
    this.#blocked.push(retry)
  }

  leave(): void {
    this.#inside--
    // Whoever is called may no longer want the place: go on until it is taken.
    while (this.#inside < this.#limit) {
      const retry = this.#blocked.shift()
      if (!retry) return
      retry()
    }
  }
}
