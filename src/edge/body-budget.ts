import { Problem } from '../problem.ts'

/** The bytes that one request holds of a budget. */
export interface BodyShare extends Disposable {
  /** Holds `bytes` in all, if that is more than before. Throws `bodies_busy`. */
  grow(bytes: number): void
}

/** How many bytes of unfinished bodies one isolate holds. A number, so that requests may share it. */
export class BodyBudget {
  readonly #max: number
  #held = 0

  /** @param max bytes of all together */
  constructor(max: number) {
    this.#max = max
  }

  get held(): number {
    return this.#held
  }

  /** Holds `bytes`, until disposed of. Throws `bodies_busy` when there is no room for them. */
  take(bytes: number): BodyShare {
    let own = 0
    const grow = (size: number) => {
      const more = Math.max(0, size - own)
      if (this.#held + more > this.#max) throw new Problem('bodies_busy')
      this.#held += more
      own += more
    }
    grow(bytes)
    return {
      grow,
      [Symbol.dispose]: () => {
        this.#held -= own
        own = 0
      },
    }
  }
}
