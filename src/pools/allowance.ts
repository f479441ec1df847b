/** How many connections a pool may have: what it was granted, less what it was asked to give back. */
export class Allowance {
  readonly #giveBack: (size: number) => void
  #granted = 0
  #maxSize = 0
  #isOver = false

  /** @param giveBack told that all but `size` connections are given back */
  constructor(giveBack: (size: number) => void) {
    this.#giveBack = giveBack
  }

  /** Connections that the pool may have now; 0 before anything was granted. */
  get maxSize(): number {
    return this.#maxSize
  }

  grant(size: number): void {
    this.#granted = this.#maxSize = size
  }

  /** Lets the pool have no more than `keep`; the others are given back by `settle`, when they are closed. */
  recall(keep: number): void {
    this.#maxSize = Math.min(keep, this.#granted)
  }

  /** Everything is closed. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#giveBack(0)
  }

  /** @param taken connections that are open, being opened or promised now */
  settle(taken: number): void {
    if (this.#maxSize >= this.#granted || taken > this.#maxSize) return
    this.#granted = this.#maxSize
    this.#giveBack(this.#granted)
  }
}
