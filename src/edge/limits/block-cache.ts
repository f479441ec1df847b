/**
 * Who is known to be exhausted, until when: Upstash's ephemeral cache, with two bounds that it lacks.
 *
 * It holds at most `max` keys: its own drops one only when that same key asks again, so callers could fill the memory.
 *
 * It blocks for at most `longestMs`: its own blocks until the window ends, but a sliding window gives requests back all
 * along the next one. A tenant that keeps asking was seen to get 20, 1, 20, 1, … of 20 requests a window so, instead
 * of 20 in each (@upstash/ratelimit 2.2.0; `reset` of slidingWindow in its single.ts).
 */
export class BlockCache extends Map<string, number> {
  readonly #max: number
  readonly #longestMs: number
  readonly #now: () => number

  constructor(max: number, longestMs: number, now: () => number) {
    super()
    this.#max = max
    this.#longestMs = longestMs
    this.#now = now
  }

  override set(key: string, until: number): this {
    this.delete(key)
    if (this.size >= this.#max) {
      const oldest = this.keys().next()
      if (!oldest.done) this.delete(oldest.value)
    }
    return super.set(key, Math.min(until, this.#now() + this.#longestMs))
  }
}
