/** How long a piece of work counts as under way when its object is reset before it says how long it took, in ms. */
const LONGEST_MS = 2_000

/** How often a piece that waits looks whether it is its turn, in ms. */
const LOOK_MS = 20

export interface RestedThreadOptions {
  /** Epoch ms. */
  readonly now: () => number
  /** Also lets the clock go on: a Worker's stands still while it computes (workers/reference/security-model). */
  readonly sleep: (ms: number) => Promise<void>
}

/**
 * Work that holds a thread, one piece after the other, with the thread left to everything else for as long as each piece
 * took. At module scope: several objects of a class may share an isolate and so its thread, and locally all of them do.
 * Numbers only, so that objects may share it (docs/decisions/0001).
 */
export class RestedThread {
  readonly #options: RestedThreadOptions
  /** When the next piece may begin, epoch ms. */
  #freeAt = 0

  constructor(options: RestedThreadOptions) {
    this.#options = options
  }

  /** What `work` comes to, which computes and awaits nothing, once it is its turn. Throws what it throws. */
  async run<T>(work: () => T): Promise<T> {
    const { now, sleep } = this.#options
    // How long a piece takes is known when it has ended.
    for (let left = this.#freeAt - now(); left > 0; left = this.#freeAt - now())
      await sleep(Math.min(left, LOOK_MS))
    const startedAt = now()
    this.#freeAt = startedAt + LONGEST_MS
    try {
      return work()
    } finally {
      await sleep(1)
      this.#freeAt = now() + (now() - startedAt)
    }
  }
}
