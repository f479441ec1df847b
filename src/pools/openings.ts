import type { OpeningGate } from './opening-gate.ts'

/**
 * The connections that one pool is having opened: each has a place in the gate until it is open or has failed. Who
 * has one opened tells when that is over for him (`end`); the driver tells when one is open (`opened`), but not for
 * whom, and with MongoDB's not even whether somebody asked for it. So places are counted and not named: taking
 * the longest wait to be the one that is over would leave places with those whose connections are long open.
 */
export class Openings {
  readonly #gate: OpeningGate
  readonly #holders = new Set<object>()
  /** Connections that are open already and whose holders have not ended yet. */
  #opened = 0

  constructor(gate: OpeningGate) {
    this.#gate = gate
  }

  /** How many are under way, each with a place in the gate. */
  get size(): number {
    return this.#holders.size - this.#opened
  }

  has(holder: object): boolean {
    return this.#holders.has(holder)
  }

  /** For a `holder` that has taken a place in the gate. */
  begin(holder: object): void {
    this.#holders.add(holder)
  }

  /** The driver has opened a connection. */
  opened(): void {
    if (this.size === 0) return
    this.#opened++
    this.#gate.leave()
  }

  /** `holder` has its connection, or will not get one. */
  end(holder: object): void {
    if (!this.#holders.delete(holder)) return
    if (this.#opened > 0) this.#opened--
    else this.#gate.leave()
  }
}
