import type { PoolCache } from '../pools/cache.ts'
import { type ProblemCode, type ProblemOptions, toProblem } from '../problem.ts'

/** How a recycling ended. Data, because what is thrown across an object's boundary loses its code. */
export interface RecycleResult {
  /** Whether there was a pool and it was replaced. */
  readonly recycled: boolean
  /** Why it could not be replaced. */
  readonly problem?: { readonly code: ProblemCode; readonly options: ProblemOptions }
}

/** Replaces the pool of `key` by a new one without refusing anybody. Never throws. */
export async function recycle(pools: PoolCache, key: string): Promise<RecycleResult> {
  try {
    return { recycled: await pools.recycle(key) }
  } catch (error) {
    const { code, detail, retryAfter } = toProblem(error)
    const options = {
      ...(detail !== undefined && { detail }),
      ...(retryAfter !== undefined && { retryAfter }),
    }
    return { recycled: false, problem: { code, options } }
  }
}
