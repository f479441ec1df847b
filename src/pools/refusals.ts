import type { EngineCounts } from '../engines/engine.ts'
import { Problem } from '../problem.ts'

/** Others have every connection that the database can take. */
export function budgetProblem(): Problem {
  return new Problem('budget_exhausted', {
    detail: 'Every connection that the database can take is in use by others.',
    retryAfter: 1,
  })
}

/** The pool's connections were busy for all the time that the request would wait. */
export function timeoutProblem(
  timeoutMs: number,
  {
    size,
    used,
    maxSize,
    waiting,
  }: Pick<EngineCounts, 'size' | 'used'> & { maxSize: number; waiting: number },
): Problem {
  return new Problem('pool_timeout', {
    detail:
      `No connection became free within ${timeoutMs} ms: ${used} of ${size} open connections in use, ` +
      `at most ${maxSize} allowed, ${waiting} waiting.`,
    retryAfter: 1,
  })
}
