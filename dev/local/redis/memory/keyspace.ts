import type { Bytes } from '../bytes.ts'
import { Hash } from './hash.ts'
import { SortedSet } from './sorted-set.ts'

export type Value = Bytes | Hash | Bytes[] | Set<Bytes> | SortedSet
type TypeName = 'string' | 'hash' | 'list' | 'set' | 'zset'

export interface Entry {
  readonly key: Bytes
  /** Grows with every new key: the place in SCAN's order. */
  readonly sequence: number
  value: Value
  /** Milliseconds since the epoch; 0 = never. */
  expireAt: number
  isLive: boolean
}

export function typeOf(value: Value): TypeName {
  if (typeof value === 'string') return 'string'
  if (value instanceof Hash) return 'hash'
  if (value instanceof SortedSet) return 'zset'
  return Array.isArray(value) ? 'list' : 'set'
}

/** Entries looked at by one sweep at least. */
const LEAST_SWEEP = 200

/** The keys with their values and deadlines. What has expired is never seen, and leaves memory with `sweep()`. */
export class Keyspace {
  /** Milliseconds since the epoch; stands still while one command, script or transaction runs, as in Redis. */
  now = Date.now()
  readonly #entries = new Map<Bytes, Entry>()
  /** All live entries and some dead ones, by sequence. */
  #order: Entry[] = []
  #nextSequence = 1
  readonly #expiring = new Set<Entry>()
  #sweeping = this.#expiring.values()
  /** The most entries that there were in this round of sweeps. */
  #roundSize = 0
  #changed: Set<Bytes> | undefined

  get size(): number {
    return this.#entries.size
  }

  get(key: Bytes): Value | undefined {
    return this.entry(key)?.value
  }

  entry(key: Bytes): Entry | undefined {
    const entry = this.#entries.get(key)
    return entry && !this.#hasExpired(entry) ? entry : undefined
  }

  /** Sets the value and drops the deadline, as SET does. */
  set(key: Bytes, value: Value, expireAt = 0): void {
    this.replace(key, value)
    this.setExpiry(key, expireAt)
  }

  /**
   * Sets the value and keeps the deadline, as APPEND does. Also to be called after a change inside a collection: it
   * journals the key, and drops it when the collection is empty, since Redis has no empty collections.
   */
  replace(key: Bytes, value: Value): void {
    const entry = this.entry(key)
    if (entry) {
      entry.value = value
    } else if (!isEmpty(value)) {
      this.#compact()
      const added = { key, sequence: this.#nextSequence++, value, expireAt: 0, isLive: true }
      this.#entries.set(key, added)
      this.#order.push(added)
    }
    this.#touch(key)
  }

  delete(key: Bytes): boolean {
    const entry = this.entry(key)
    if (!entry) return false
    this.#drop(entry)
    this.#changed?.add(key)
    return true
  }

  clear(): void {
    for (const entry of [...this.#entries.values()]) {
      this.#drop(entry)
      this.#changed?.add(entry.key)
    }
  }

  /** @param expireAt ms since the epoch, 0 for never. A time that has passed deletes the key. */
  setExpiry(key: Bytes, expireAt: number): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    entry.expireAt = expireAt
    this.#touch(key)
    this.#hasExpired(entry)
  }

  #touch(key: Bytes): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    if (isEmpty(entry.value)) this.#drop(entry)
    else if (deadlineOf(entry) !== Number.POSITIVE_INFINITY) this.#expiring.add(entry)
    else this.#expiring.delete(entry)
    this.#changed?.add(key)
  }

  *live(): Generator<Entry> {
    for (const entry of this.#entries.values()) if (!this.#hasExpired(entry)) yield entry
  }

  /**
   * One step of SCAN: at most `count` entries after `cursor`, and the next cursor, 0 at the end. A cursor is a place
   * in the order of creation, so that a call may be repeated and a key that stays is never missed.
   */
  scan(cursor: number, count: number): { cursor: number; entries: Entry[] } {
    const entries: Entry[] = []
    let at = this.#firstAfter(cursor)
    let last = cursor
    for (; at < this.#order.length && entries.length < count; at++) {
      const entry = this.#order[at]
      if (!entry) break
      last = entry.sequence
      if (entry.isLive && !this.#hasExpired(entry)) entries.push(entry)
    }
    return { cursor: at < this.#order.length ? last : 0, entries }
  }

  /** Looks at a tenth of the entries that have a deadline, and drops what has expired: ten calls see them all. */
  sweep(): void {
    this.#roundSize = Math.max(this.#roundSize, this.#expiring.size)
    for (let budget = Math.max(LEAST_SWEEP, Math.ceil(this.#roundSize / 10)); budget > 0; budget--) {
      const next = this.#sweeping.next()
      if (next.done) {
        this.#sweeping = this.#expiring.values()
        this.#roundSize = 0
        break
      }
      this.#hasExpired(next.value)
    }
    this.#compact()
  }

  /** From here on the names of changed keys are kept for `takeChanged()`. */
  recordChanges(): void {
    this.#changed ??= new Set()
  }

  /** The keys changed since the last call. Expiry is no change: the deadline was written with the value. */
  takeChanged(): Set<Bytes> {
    const changed = this.#changed ?? new Set()
    if (this.#changed) this.#changed = new Set()
    return changed
  }

  get hasChanged(): boolean {
    return (this.#changed?.size ?? 0) > 0
  }

  #hasExpired(entry: Entry): boolean {
    if (entry.value instanceof Hash) entry.value.purge(this.now)
    const isGone = (entry.expireAt !== 0 && entry.expireAt <= this.now) || isEmpty(entry.value)
    if (isGone) this.#drop(entry)
    return isGone
  }

  #drop(entry: Entry): void {
    if (!entry.isLive) return
    entry.isLive = false
    this.#entries.delete(entry.key)
    this.#expiring.delete(entry)
  }

  /** Clears the dead away once they are the majority: constant work for each deletion. */
  #compact(): void {
    if (this.#order.length > 2 * this.#entries.size + 64)
      this.#order = this.#order.filter((one) => one.isLive)
  }

  #firstAfter(sequence: number): number {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#order[middle]?.sequence ?? 0) <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isEmpty(value: Value): boolean {
  if (typeof value === 'string') return false
  if (value instanceof Hash) return value.fields.size === 0
  return Array.isArray(value) ? value.length === 0 : value.size === 0
}

function deadlineOf(entry: Entry): number {
  const whole = entry.expireAt || Number.POSITIVE_INFINITY
  return entry.value instanceof Hash ? Math.min(whole, entry.value.nextDeadline) : whole
}
