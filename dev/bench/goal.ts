import type { GoalResult } from './section.ts'

interface Bound {
  readonly atLeast?: number
  readonly atMost?: number
}

/**
 * Holds what was seen against a bound.
 * @param seen NaN or undefined where the run could not tell
 * @param shown how a number is written, `6.2x` for one
 * @param tutorial the same of a bare tutorial, where that is another contender than those of the goal
 */
export function goal(
  name: string,
  seen: number | undefined,
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Bound,
  shown: (value: number) => string,
  tutorial?: number,
): GoalResult {
  const bounds = [
    ...(Number.isFinite(atLeast) ? [`at least ${shown(atLeast)}`] : []),
    ...(Number.isFinite(atMost) ? [`at most ${shown(atMost)}`] : []),
  ]
  const isTold = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value)
  return {
    goal: `${name}: ${bounds.join(', ')}`,
    seen: isTold(seen) ? shown(seen) : 'not measured',
    ...(isTold(tutorial) && { tutorial: shown(tutorial) }),
    met: isTold(seen) ? seen >= atLeast && seen <= atMost : undefined,
  }
}
