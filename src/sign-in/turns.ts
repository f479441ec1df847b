import { Problem } from '../problem.ts'

/**
 * One task after the other within one object, in the order in which they came, and a bounded number of them. In an object
 * requests may await each other's promises (docs/decisions/0001).
 */
export class Turns {
  readonly #max: number
  #size = 0
  #last: Promise<unknown> = Promise.resolve()

  /** @param max tasks that wait or run at once */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /** What `task` comes to when its turn has come. Throws `sign_in_busy` when there are too many, at once. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#size >= this.#max) throw new Problem('sign_in_busy', { retryAfter: 5 })
    this.#size++
    const turn = this.#last.then(task, task)
    this.#last = turn.catch(() => {})
    try {
      return await turn
    } finally {
      this.#size--
    }
  }
}
