import { Slots } from './slots.ts'

/**
 * One task after the other within one object, in the order in which they came, and a bounded number of them. In an object
 * requests may await each other's promises (docs/decisions/0001).
 */
export class Turns {
  readonly #slots: Slots
  #last: Promise<unknown> = Promise.resolve()

  /** @param max tasks that wait or run at once */
  constructor(max: number) {
    this.#slots = new Slots(max)
  }

  /** What `task` comes to when its turn has come. Throws `sign_in_busy` when there are too many, at once. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    using _ = this.#slots.take()
    const turn = this.#last.then(task)
    this.#last = turn.catch(() => {})
    return await turn
  }
}
