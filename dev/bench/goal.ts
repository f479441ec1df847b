import type { GoalResult } from './section.ts'
import { estimated } from './show.ts'
import { type Spread, spreadOf } from './spread.ts'

interface Bound {
  readonly atLeast?: number
  readonly atMost?: number
}

/**
 * Holds what was seen against a bound.
 * @param seen in one measurement, or in several, of which the median counts; NaN or undefined where the run could not tell
 * @param write how a number is written, `6.2x` for one
 * @param tutorial the same of a bare tutorial, where that is another contender than those of the goal
 */
export function goal(
  name: string,
  seen: number | Spread | undefined,
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Bound,
  write: (value: number) => string,
  tutorial?: Spread,
): GoalResult {
  const bounds = [
    ...(Number.isFinite(atLeast) ? [`at least ${write(atLeast)}`] : []),
    ...(Number.isFinite(atMost) ? [`at most ${write(atMost)}`] : []),
  ]
  const isMet = (value: number) => value >= atLeast && value <= atMost
  const measured = typeof seen === 'number' ? spreadOf([seen]) : seen
  const met = isTold(measured) ? isMet(measured.median) : undefined
  return {
    goal: `${name}: ${bounds.join(', ')}`,
    seen: isTold(measured) ? estimated(measured, write) : 'not measured',
    ...(isTold(tutorial) && { tutorial: write(tutorial.median) }),
    met,
    isOpen: met !== undefined && (measured?.within ?? []).some((value) => isMet(value) !== met),
  }
}

function isTold(seen: Spread | undefined): seen is Spread {
  return seen !== undefined && !Number.isNaN(seen.median)
}
