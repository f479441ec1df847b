import { LruMap } from '../../lru-map.ts'

/** Keys whose calls an isolate keeps in mind. */
const MAX_KEYS = 10_000

/** What the requests of one key know of their calls to Redis: numbers, so that they may share them. */
interface Calls {
  /** How many were made. */
  made: number
  /** How many of them came to nothing. */
  failed: number
  /** Until when one is out, if its request is not heard of again; 0 when none is. */
  outUntil: number
  /** Requests that have seen the present call, or the last one, out, and wait for what comes of it. */
  waiting: number
}

/** A request's place among those that wait for a call. */
export interface Waiter {
  /** The number of the last call that it has seen out. */
  seen: number
  /** How many had failed when it came. */
  readonly failed: number
}

/**
 * At most one call to Redis at a time for each key of an isolate. A promise of one request must not be awaited by another
 * (docs/decisions/0007), so who finds a call out looks for its outcome with a timer of its own, and the first one to find
 * none out makes the next call, for all that wait (docs/decisions/0012).
 */
export class SharedCalls {
  readonly #calls = new LruMap<string, Calls>(MAX_KEYS)

  /** For a request that has begun to wait. */
  join(key: string): Waiter {
    return { seen: -1, failed: this.#calls.get(key)?.failed ?? 0 }
  }

  /** Whether a call is out, which `waiter` then waits for. */
  isOut(key: string, waiter: Waiter, now: number): boolean {
    const calls = this.#calls.get(key)
    if (!calls || now >= calls.outUntil) return false
    if (waiter.seen !== calls.made) calls.waiting++
    waiter.seen = calls.made
    return true
  }

  /** Whether a call that `waiter` may have waited for came to nothing. */
  hasFailed(key: string, waiter: Waiter): boolean {
    return (this.#calls.get(key)?.failed ?? 0) !== waiter.failed
  }

  /** Whether a call is out. */
  isBusy(key: string, now: number): boolean {
    return now < (this.#calls.get(key)?.outUntil ?? 0)
  }

  /** A call begins; the answer is how many wait for it, the caller apart. */
  begin(key: string, waiter: Waiter | undefined, until: number): number {
    let calls = this.#calls.get(key)
    if (!calls) {
      calls = { made: 0, failed: 0, outUntil: 0, waiting: 0 }
      this.#calls.set(key, calls)
    }
    const isCounted = waiter !== undefined && waiter.seen === calls.made
    const others = Math.max(0, calls.waiting - (isCounted ? 1 : 0))
    calls.made++
    calls.outUntil = until
    calls.waiting = 0
    return others
  }

  /** The call is over. */
  end(key: string, failed: boolean): void {
    const calls = this.#calls.peek(key)
    if (!calls) return
    calls.outUntil = 0
    if (failed) calls.failed++
  }
}
