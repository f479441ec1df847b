import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './contender.ts'
import { type LoadResult, runLoad } from './load.ts'
import type { Settings } from './settings.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface Standing {
  readonly name: string
  readonly requestsPerSecond: Spread
  /** Latency in ms. */
  readonly p50: Spread
  readonly p99: Spread
  readonly generatorCores: Spread
  /** What went wrong in any of the rounds, in words; the figures count for nothing then. */
  readonly failure: string | undefined
  readonly rounds: readonly LoadResult[]
}

/** What a contender leaves to do, such as connections being closed, is not to fall to the next one. */
const PAUSE_MS = 500

/** Measures the contenders in turn, round after round: what the machine does meanwhile then meets all of them. */
export async function runRounds<Name extends string>(
  contenders: readonly (Contender & { readonly name: Name })[],
  { rounds, seconds, warmUpSeconds, connections }: Settings,
  log: (line: string) => void,
): Promise<Record<Name, Standing>> {
  for (const contender of contenders) {
    log(`Warm-up: ${contender.name}`)
    await runLoad({ ...contender, connections, seconds: warmUpSeconds })
    await sleep(PAUSE_MS)
  }
  const results = contenders.map((): LoadResult[] => [])
  for (let round = 1; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const result = await runLoad({ ...contender, connections, seconds })
      results[index]?.push(result)
      log(`Round ${round} of ${rounds}: ${contender.name}: ${Math.round(result.requestsPerSecond)} req/s`)
      await sleep(PAUSE_MS)
    }
  }
  const standings = contenders.map(({ name }, index) => [name, standing(name, results[index] ?? [])])
  return Object.fromEntries(standings) as Record<Name, Standing>
}

/** By how much `a` is faster than `b`, round by round, since the two halves of one round met the same machine. */
export function ratio(a: Standing, b: Standing): Spread {
  const rate = (one: Standing, round: number) => one.rounds[round]?.requestsPerSecond ?? Number.NaN
  return spreadOf(a.rounds.map((_, round) => rate(a, round) / rate(b, round)))
}

function standing(name: string, rounds: readonly LoadResult[]): Standing {
  const spread = (of: (round: LoadResult) => number) => spreadOf(rounds.map(of))
  return {
    name,
    requestsPerSecond: spread((round) => round.requestsPerSecond),
    p50: spread((round) => round.p50),
    p99: spread((round) => round.p99),
    generatorCores: spread((round) => round.generatorCores),
    failure: failureOf(rounds),
    rounds,
  }
}

function failureOf(rounds: readonly LoadResult[]): string | undefined {
  const sums = new Map<string, number>()
  for (const { faults } of rounds) {
    for (const [kind, count] of Object.entries(faults)) sums.set(kind, (sums.get(kind) ?? 0) + count)
  }
  const met = [...sums].filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`)
  return met.length > 0 ? met.join(', ') : undefined
}
