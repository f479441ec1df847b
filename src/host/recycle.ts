import type { PoolCache } from '../pools/cache.ts'
import { systemClock } from '../pools/clock.ts'
import { inTime } from '../pools/in-time.ts'
import { Problem, toProblem } from '../problem.ts'
import { type Outcome, problemData } from './outcome.ts'

/** How a recycling ended; the problem is why the pool could not be replaced. */
export interface RecycleResult extends Outcome {
  /** Whether there was a pool and it was replaced. */
  readonly recycled: boolean
}

/**
 * Replaces the pool of `key` by a new one without refusing anybody; one that takes longer than `timeoutMs` goes on, and
 * the answer is `database_timeout`. Never throws.
 */
export async function recycle(pools: PoolCache, key: string, timeoutMs: number): Promise<RecycleResult> {
  const replacing = pools.recycle(key)
  let ended = false
  replacing.then(
    () => {
      ended = true
    },
    () => {
      ended = true
    },
  )
  try {
    return { recycled: await inTime(systemClock, timeoutMs, () => replacing) }
  } catch (error) {
    const problem = ended ? toProblem(error) : new Problem('database_timeout')
    return { recycled: false, problem: problemData(problem) }
  }
}
