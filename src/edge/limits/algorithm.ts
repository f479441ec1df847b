import { Ratelimit } from '@upstash/ratelimit'
import type { AlgorithmName } from '../../limit-settings.ts'

export type Algorithm = ConstructorParameters<typeof Ratelimit>[0]['limiter']

/** A bucket gets its tokens at least this often, if there is a whole one to get. */
const SECOND_MS = 1_000
const STEPS_PER_WINDOW = 10

/** `limit` requests per `windowMs`, counted by the algorithm of that name. */
export function algorithmOf(name: AlgorithmName, limit: number, windowMs: number): Algorithm {
  switch (name) {
    case 'sliding_window':
      return Ratelimit.slidingWindow(limit, `${windowMs} ms`)
    case 'fixed_window':
      return Ratelimit.fixedWindow(limit, `${windowMs} ms`)
    case 'token_bucket': {
      const { tokens, everyMs } = refillOf(limit, windowMs)
      return Ratelimit.tokenBucket(tokens, `${everyMs} ms`, limit)
    }
  }
}

/**
 * How a bucket that holds `limit` fills up in `windowMs`: about once a second, or token by token where less than one
 * comes a second. Rounded so that never more than `limit` comes in a window.
 */
export function refillOf(limit: number, windowMs: number): { tokens: number; everyMs: number } {
  const stepMs = Math.min(SECOND_MS, windowMs / STEPS_PER_WINDOW)
  const tokens = Math.max(1, Math.floor((limit * stepMs) / windowMs))
  return { tokens, everyMs: Math.ceil((tokens * windowMs) / limit) }
}
