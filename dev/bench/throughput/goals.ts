import { goal } from '../goal.ts'
import { ratio, type Standing } from '../rounds.ts'
import type { GoalResult } from '../section.ts'
import { times } from '../show.ts'
import type { EngineName } from '../tenants.ts'
import * as names from './names.ts'

/** Everyone's standing at one delay, by its key. */
export type Standings = Readonly<Record<string, Standing>>

/** By how much a pool is to beat connecting per request, in requests/s on loopback. */
const POOLED = { postgres: 12, mongo: 6 } as const

/** Logging in is most of what connecting costs, so where there are two ways the goal is asked of both. */
const LOGINS = {
  postgres: [
    { contender: names.PER_REQUEST_SCRAM, login: ' (SCRAM)' },
    { contender: names.PER_REQUEST, login: ' (password sent ahead, as on Neon)' },
  ],
  mongo: [{ contender: names.PER_REQUEST, login: ' (SCRAM)' }],
} as const

/**
 * Ours is the one with a host of its own and everything on.
 * @param near without a delay, @param far with the longest one
 */
export function throughputGoals(
  near: Standings,
  far: { standings: Standings; delayMs: number },
): GoalResult[] {
  const engines = Object.keys(names.ENGINE_NAMES) as EngineName[]
  const dedicated = names.ours('dedicated')
  return [
    ...engines.flatMap((engine) => {
      const compared = (a: string, b: string) =>
        medianRatio(near[names.keyOf(engine, a)], near[names.keyOf(engine, b)], 'requestsPerSecond')
      const slower = medianRatio(
        far.standings[names.keyOf(engine, names.PER_REQUEST)],
        far.standings[names.keyOf(engine, dedicated)],
        'p50',
      )
      const name = names.ENGINE_NAMES[engine]
      return [
        ...LOGINS[engine].map(({ contender, login }) =>
          goal(
            `${name}, requests/s, ours ÷ connect per request${login}`,
            compared(dedicated, contender),
            { atLeast: POOLED[engine] },
            times,
          ),
        ),
        goal(`${name}, p50 at ${far.delayMs} ms, connect per request ÷ ours`, slower, { atLeast: 5 }, times),
        goal(
          `${name}, requests/s, ours without identify, directory and limiter ÷ tutorial`,
          compared(names.BARE, names.TUTORIAL),
          { atLeast: 0.95 },
          times,
        ),
        goal(
          `${name}, requests/s, ours ÷ tutorial`,
          compared(dedicated, names.TUTORIAL),
          { atLeast: 0.7 },
          times,
        ),
      ]
    }),
    goal(
      'MongoDB, requests/s, ours ÷ FastAPI with pymongo',
      medianRatio(
        near[names.keyOf('mongo', dedicated)],
        near[names.keyOf('mongo', names.FASTAPI)],
        'requestsPerSecond',
      ),
      { atLeast: 3.5 },
      times,
    ),
  ]
}

function medianRatio(
  a: Standing | undefined,
  b: Standing | undefined,
  figure: 'requestsPerSecond' | 'p50',
): number | undefined {
  return a && b && ratio(a, b, figure).median
}
