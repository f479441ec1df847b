import { Problem } from '../problem.ts'

/**
 * How much may run at once in one isolate or object. A number, so requests of an isolate may share it: none waits here,
 * because a promise that one request keeps cannot be resolved by another (docs/decisions/0001).
 */
export class Slots {
  readonly #max: number
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Takes a slot, which is free again when it is disposed of. Throws `sign_in_busy` when there is none. */
  take(): Disposable {
    if (this.#taken >= this.#max) throw new Problem('sign_in_busy', { retryAfter: 5 })
    this.#taken++
    return {
      [Symbol.dispose]: () => {
        this.#taken--
      },
    }
  }
}
