import type { GoalResult } from './section.ts'

interface Bound {
  readonly atLeast?: number
  readonly atMost?: number
}

/**
 * Holds what was seen against a bound.
 * @param seen NaN or undefined where the run could not tell
 * @param shown how a number is written, `6.2x` for one
 */
export function goal(
  name: string,
  seen: number | undefined,
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Bound,
  shown: (value: number) => string,
): GoalResult {
  const bounds = [
    ...(Number.isFinite(atLeast) ? [`at least ${shown(atLeast)}`] : []),
    ...(Number.isFinite(atMost) ? [`at most ${shown(atMost)}`] : []),
  ]
  const told = seen !== undefined && !Number.isNaN(seen)
  return {
    goal: `${name}: ${bounds.join(', ')}`,
    seen: told ? shown(seen) : 'not measured',
    met: told ? seen >= atLeast && seen <= atMost : undefined,
  }
}
