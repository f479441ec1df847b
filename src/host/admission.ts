/** Lets one request in, once, however often it asks for a connection or an answer that is kept. */
export class Admission {
  readonly #admit: () => Promise<void>
  #admitted: Promise<void> | undefined

  constructor(admit: () => Promise<void>) {
    this.#admit = admit
  }

  /** Throws what the first asking threw. */
  pass(): Promise<void> {
    this.#admitted ??= this.#admit()
    return this.#admitted
  }
}
