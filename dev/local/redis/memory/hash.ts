import type { Bytes } from '../bytes.ts'

/** A hash: its fields, and the deadlines (ms since the epoch) of those that HEXPIRE or HSETEX gave one. */
export class Hash {
  readonly fields = new Map<Bytes, Bytes>()
  readonly deadlines = new Map<Bytes, number>()
  /** Never later than the earliest deadline, so that a read usually needs no walk. */
  #earliest = Number.POSITIVE_INFINITY

  /** Writes a field as HSET does: its old deadline goes. Returns whether the field is new. */
  set(field: Bytes, value: Bytes): boolean {
    const isNew = !this.fields.has(field)
    this.fields.set(field, value)
    this.deadlines.delete(field)
    return isNew
  }

  delete(field: Bytes): boolean {
    this.deadlines.delete(field)
    return this.fields.delete(field)
  }

  setDeadline(field: Bytes, at: number): void {
    this.deadlines.set(field, at)
    this.#earliest = Math.min(this.#earliest, at)
  }

  /** When fields may next have to go; Infinity when none ever has to. */
  get nextDeadline(): number {
    return this.deadlines.size > 0 ? this.#earliest : Number.POSITIVE_INFINITY
  }

  /** Drops the fields whose time has come. */
  purge(now: number): void {
    if (this.nextDeadline > now) return
    this.#earliest = Number.POSITIVE_INFINITY
    for (const [field, at] of this.deadlines) {
      if (at <= now) this.delete(field)
      else this.#earliest = Math.min(this.#earliest, at)
    }
  }
}
