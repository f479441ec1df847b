import type { Checkout, PooledConnection } from '../engines/engine.ts'

/**
 * The right to one connection's worth of a pool, for one request. `await using` gives it back on every way out of the
 * block; giving it back twice does nothing.
 */
export class Lease<C extends PooledConnection = PooledConnection> implements AsyncDisposable {
  /** How long the request waited for it, in ms. */
  readonly waitMs: number
  /** Whether the connection had served somebody before. */
  readonly reused: boolean
  readonly #checkout: Checkout<C>
  readonly #onRelease: (checkout: Checkout<C>) => Promise<void>
  #released = false

  constructor(checkout: Checkout<C>, waitMs: number, onRelease: (checkout: Checkout<C>) => Promise<void>) {
    this.#checkout = checkout
    this.#onRelease = onRelease
    this.waitMs = waitMs
    this.reused = checkout.lastUsedAt !== undefined
  }

  get connection(): C {
    return this.#checkout.connection
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    await this.#onRelease(this.#checkout)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}
