import { LruMap } from '../lru-map.ts'

/** What is told of one key at most this often, in ms. */
export const SAMPLE_MS = 10_000
const MAX_KEYS = 1_000

/**
 * Tells what happens often only now and then, with how often it has happened. Plain numbers, so requests may share it.
 */
export class Sampler {
  readonly #seen = new LruMap<string, { toldAt: number; count: number }>(MAX_KEYS)

  /** Counts one more of `key`; the answer is how many to tell of now, if this is a time to tell. */
  count(key: string, now: number): number | undefined {
    const seen = this.#seen.get(key)
    const count = (seen?.count ?? 0) + 1
    if (seen && now - seen.toldAt < SAMPLE_MS) {
      seen.count = count
      return undefined
    }
    this.#seen.set(key, { toldAt: now, count: 0 })
    return count
  }
}
