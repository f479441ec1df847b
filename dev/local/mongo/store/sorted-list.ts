/** Items per block: small enough to shift quickly, large enough to keep the list of blocks short. */
const BLOCK = 512

/** A sorted list in blocks, so that an insert into 100,000 items moves only hundreds of them. */
export class SortedList<T> {
  readonly #order: (a: T, b: T) => number
  #blocks: T[][] = []
  size = 0

  /** `order` must tell any two different items apart. */
  constructor(order: (a: T, b: T) => number) {
    this.#order = order
  }

  insert(item: T): void {
    const at = this.#seek((other) => this.#order(other, item) < 0)
    const block = this.#blocks[at.block] ?? this.#blocks.at(-1)
    this.size++
    if (!block) {
      this.#blocks.push([item])
      return
    }
    if (this.#blocks[at.block]) block.splice(at.index, 0, item)
    else block.push(item)
    if (block.length > BLOCK) {
      const upper = block.splice(BLOCK / 2)
      this.#blocks.splice(this.#blocks.indexOf(block) + 1, 0, upper)
    }
  }

  delete(item: T): void {
    const at = this.#seek((other) => this.#order(other, item) < 0)
    const block = this.#blocks[at.block]
    const found = block?.[at.index]
    if (!block || found === undefined || this.#order(found, item) !== 0) return
    block.splice(at.index, 1)
    this.size--
    if (block.length === 0) this.#blocks.splice(at.block, 1)
  }

  /** Items in order, from the first one that is not below. The list must not change meanwhile. */
  *ascend(isBelow: (item: T) => boolean): Generator<T> {
    const start = this.#seek(isBelow)
    for (let b = start.block; b < this.#blocks.length; b++) {
      const block = this.#blocks[b] as T[]
      for (let i = b === start.block ? start.index : 0; i < block.length; i++) yield block[i] as T
    }
  }

  /** Items in reverse order, from the last one that is not above. The list must not change meanwhile. */
  *descend(isAbove: (item: T) => boolean): Generator<T> {
    const end = this.#seek((item) => !isAbove(item))
    for (let b = Math.min(end.block, this.#blocks.length - 1); b >= 0; b--) {
      const block = this.#blocks[b] as T[]
      for (let i = (b === end.block ? end.index : block.length) - 1; i >= 0; i--) yield block[i] as T
    }
  }

  /** The place of the first item for which `isBelow` is false; past the end if there is none. */
  #seek(isBelow: (item: T) => boolean): { block: number; index: number } {
    const block = firstFalse(this.#blocks.length, (at) => isBelow(this.#blocks[at]?.at(-1) as T))
    const items = this.#blocks[block]
    return { block, index: items ? firstFalse(items.length, (at) => isBelow(items[at] as T)) : 0 }
  }
}

function firstFalse(length: number, holds: (at: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low
}
