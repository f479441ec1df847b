import type { PoolCache } from '../pools/cache.ts'
import { toProblem } from '../problem.ts'
import { type Outcome, problemData } from './outcome.ts'

/** How a recycling ended; the problem is why the pool could not be replaced. */
export interface RecycleResult extends Outcome {
  /** Whether there was a pool and it was replaced. */
  readonly recycled: boolean
}

/** Replaces the pool of `key` by a new one without refusing anybody. Never throws. */
export async function recycle(pools: PoolCache, key: string): Promise<RecycleResult> {
  try {
    return { recycled: await pools.recycle(key) }
  } catch (error) {
    return { recycled: false, problem: problemData(toProblem(error)) }
  }
}
