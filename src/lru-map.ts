import { LRUCache } from 'lru-cache'

/**
 * A map that holds at most `max` entries and drops the least recently used one for a new one: memory that callers can
 * fill has to be bounded. Not a Map whose entries are inserted anew at each use: V8 leaves what was deleted in its hash
 * chain until the table is rebuilt, so that with ten thousand entries a key in steady use costs 30 µs a time
 * (v8/src/objects/ordered-hash-table.h; `npm run bench -- --only=scale`).
 */
export class LruMap<K extends string | number, V extends {}> {
  readonly #entries: LRUCache<K, V>

  constructor(max: number) {
    // Bounded by size, because a `max` would set its memory aside at once, and most maps stay nearly empty.
    this.#entries = new LRUCache({ maxSize: max, sizeCalculation: () => 1 })
  }

  get size(): number {
    return this.#entries.size
  }

  /** The value of `key`, which counts as used now. */
  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  /** The value of `key`, without counting as a use. */
  peek(key: K): V | undefined {
    return this.#entries.peek(key)
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value)
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }

  /** Everything, what was used longest ago first. What was given last may be deleted meanwhile. */
  oldestFirst(): Iterable<[K, V]> {
    return this.#entries.rentries() as Iterable<[K, V]>
  }
}
