import { goal } from '../goal.ts'
import { ratio, type Standing } from '../rounds.ts'
import type { GoalResult } from '../section.ts'
import { times } from '../show.ts'
import type { Spread } from '../spread.ts'
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

/** What was measured: one post from near and far, and, but in a quick run, a page of them from near. */
export interface Measured {
  readonly near: Standings
  /** With the longest delay. */
  readonly far: { readonly standings: Standings; readonly delayMs: number }
  readonly pages: Standings | undefined
}

/** Ours is the one with a host of its own and everything on. */
export function throughputGoals({ near, far, pages }: Measured): GoalResult[] {
  return [
    ...nearGoals(near, ''),
    ...ENGINES.map((engine) => {
      const sooner = (contender: string) =>
        ratioOf(
          far.standings[names.keyOf(engine, names.PER_REQUEST)],
          far.standings[names.keyOf(engine, contender)],
          'p50',
        )
      const name = `${names.ENGINE_NAMES[engine]}, p50 at ${far.delayMs} ms, connect per request ÷ ours`
      return goal(name, sooner(DEDICATED), { atLeast: 5 }, times, sooner(names.TUTORIAL))
    }),
    ...(pages ? nearGoals(pages, ', a page') : []),
  ]
}

const ENGINES = Object.keys(names.ENGINE_NAMES) as EngineName[]
const DEDICATED = names.ours('dedicated')

/** In requests/s on loopback. @param what is asked for, where it is not one post */
function nearGoals(near: Standings, what: string): GoalResult[] {
  const compared = (engine: EngineName, a: string, b: string) =>
    ratioOf(near[names.keyOf(engine, a)], near[names.keyOf(engine, b)], 'requestsPerSecond')
  const above = (engine: EngineName, name: string, other: string, atLeast: number) =>
    goal(
      `${names.ENGINE_NAMES[engine]}${what}, requests/s, ours ÷ ${name}`,
      compared(engine, DEDICATED, other),
      { atLeast },
      times,
      compared(engine, names.TUTORIAL, other),
    )
  return [
    ...ENGINES.flatMap((engine) => {
      const name = `${names.ENGINE_NAMES[engine]}${what}, requests/s, ours`
      const logins = LOGINS[engine].filter(({ contender }) => near[names.keyOf(engine, contender)])
      return [
        ...logins.map(({ contender, login }) =>
          above(engine, `connect per request${login}`, contender, POOLED[engine]),
        ),
        goal(
          `${name} without identify, directory and limiter ÷ tutorial`,
          compared(engine, names.BARE, names.TUTORIAL),
          { atLeast: 0.95 },
          times,
        ),
        goal(`${name} ÷ tutorial`, compared(engine, DEDICATED, names.TUTORIAL), { atLeast: 0.7 }, times),
      ]
    }),
    above('mongo', 'FastAPI with pymongo', names.FASTAPI, 3.5),
  ]
}

function ratioOf(
  a: Standing | undefined,
  b: Standing | undefined,
  figure: 'requestsPerSecond' | 'p50',
): Spread | undefined {
  return a && b && ratio(a, b, figure)
}
