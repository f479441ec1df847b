import type { Bytes } from '../bytes.ts'

export interface Scored {
  readonly member: Bytes
  readonly score: number
}

/** Members by score, then by bytes. One sorted array: look-ups are a binary search, changes one array move. */
export class SortedSet {
  readonly #scores = new Map<Bytes, number>()
  readonly #order: Scored[] = []

  get size(): number {
    return this.#order.length
  }

  score(member: Bytes): number | undefined {
    return this.#scores.get(member)
  }

  /** Adds the member or moves it to its new score. */
  set(member: Bytes, score: number): void {
    this.delete(member)
    const entry = { member, score }
    this.#order.splice(this.#place(entry), 0, entry)
    this.#scores.set(member, score)
  }

  delete(member: Bytes): boolean {
    const score = this.#scores.get(member)
    if (score === undefined) return false
    this.#order.splice(this.#place({ member, score }), 1)
    this.#scores.delete(member)
    return true
  }

  /** The 0-based place in ascending order, or undefined for a stranger. */
  rank(member: Bytes): number | undefined {
    const score = this.#scores.get(member)
    return score === undefined ? undefined : this.#place({ member, score })
  }

  /** Ascending, `from` included, `to` excluded. */
  slice(from: number, to: number): Scored[] {
    return this.#order.slice(from, to)
  }

  /** How many leading entries the test accepts; it must accept a prefix of the ascending order. */
  countWhile(test: (entry: Scored) => boolean): number {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#order[middle]
      if (entry && test(entry)) low = middle + 1
      else high = middle
    }
    return low
  }

  entries(): readonly Scored[] {
    return this.#order
  }

  /** Where the entry is, or where it belongs. */
  #place(entry: Scored): number {
    return this.countWhile((other) =>
      other.score === entry.score ? other.member < entry.member : other.score < entry.score,
    )
  }
}
