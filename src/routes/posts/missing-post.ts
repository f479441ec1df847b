import { Problem } from '../../problem.ts'

/** What is said to an id that no post of the tenant has, or could have. */
export function missingPost(): Problem {
  return new Problem('not_found', { detail: 'There is no such post.' })
}
