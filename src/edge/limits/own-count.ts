import type { AlgorithmName } from '../../limit-settings.ts'
import { LocalBuckets } from './local-buckets.ts'
import { LocalWindows } from './local-windows.ts'
import type { Quota } from './quota.ts'

/**
 * What one isolate has let through itself, by key. Every request that passes is counted here too, whoever said that it
 * may: so no answer of Redis, and none that fails to come, lets more than a limit through in one isolate.
 */
export interface OwnCount {
  /** What is left for `key`, without counting a request; `passed` says whether one would pass. */
  look(key: string, now: number): Quota
  /** Counts a request of `key`, if one is left. */
  take(key: string, now: number): Quota
}

/** Counts as the limiter's algorithm does. */
export function ownCount(algorithm: AlgorithmName, limit: number, windowMs: number): OwnCount {
  return algorithm === 'token_bucket'
    ? new LocalBuckets(limit, windowMs)
    : new LocalWindows(limit, windowMs, algorithm === 'sliding_window')
}
