import { setTimeout as sleep } from 'node:timers/promises'
import { type Contender, cpuSecondsOf } from './contender.ts'
import type { Lab } from './lab.ts'
import type { LoadResult } from './load.ts'
import type { Settings } from './settings.ts'
import { type Spread, spreadOf } from './spread.ts'

/** What one contender did in one round. */
export interface Round extends LoadResult {
  /** Processor time of the contender's processes per 1,000 good answers, in s, where the system tells. */
  readonly cpuPerThousand: number | undefined
}

export interface Standing {
  readonly name: string
  readonly requestsPerSecond: Spread
  /** Latency in ms. */
  readonly p50: Spread
  readonly p95: Spread
  readonly p99: Spread
  readonly cpuPerThousand: Spread | undefined
  readonly generatorCores: Spread
  /** What went wrong in any of the rounds, in words; the figures count for nothing then. */
  readonly failure: string | undefined
  readonly rounds: readonly Round[]
}

/** What a contender leaves to do, such as connections being closed, is not to fall to the next one. */
const PAUSE_MS = 100

/**
 * Measures the contenders in turn, round after round: what the machine does meanwhile then meets all of them.
 * @param pace where a section needs another one than the run's
 */
export async function runRounds<Name extends string>(
  lab: Lab,
  contenders: readonly (Contender & { readonly name: Name })[],
  pace: Partial<Settings> = {},
): Promise<Record<Name, Standing>> {
  const { rounds, seconds, warmUpSeconds, connections } = { ...lab.settings, ...pace }
  for (const contender of contenders) {
    await lab.load.run({ ...loadOf(contender), connections, seconds: warmUpSeconds })
    await sleep(PAUSE_MS)
  }
  const results = contenders.map((): Round[] => [])
  for (let round = 1; round <= rounds; round++) {
    lab.log(`  round ${round} of ${rounds}`)
    for (const [index, contender] of contenders.entries()) {
      const before = await cpuSecondsOf(contender)
      const { requests } = contender
      const length = requests === undefined ? { seconds } : { requests }
      const result = await lab.load.run({ ...loadOf(contender), connections, ...length })
      const after = await cpuSecondsOf(contender)
      const known = before !== undefined && after !== undefined
      const cpuPerThousand = known ? ((after - before) / result.answers) * 1_000 : undefined
      results[index]?.push({ ...result, cpuPerThousand })
      await sleep(PAUSE_MS)
    }
  }
  const standings = contenders.map(({ name }, index) => [name, standing(name, results[index] ?? [])])
  return Object.fromEntries(standings) as Record<Name, Standing>
}

const loadOf = ({ url, headers, body, status }: Contender) => ({ url, headers, body, status })

/** A figure of `a` by that of `b`, round by round, since the two halves of one round met the same machine. */
export function ratio(
  a: Standing,
  b: Standing,
  figure: 'requestsPerSecond' | 'p50' | 'p99' = 'requestsPerSecond',
): Spread {
  const of = (one: Standing, round: number) =>
    one.failure === undefined ? (one.rounds[round]?.[figure] ?? Number.NaN) : Number.NaN
  return spreadOf(a.rounds.map((_, round) => of(a, round) / of(b, round)))
}

/** A share of one core from which the load generator, and not who answers, may be what limits a figure. */
const BUSY = 0.85

/** The contenders whose load took about all that the load generator can do. */
export function limitedByLoad(standings: readonly Standing[]): string[] {
  return standings.filter(({ generatorCores }) => generatorCores.median >= BUSY).map(({ name }) => name)
}

/** The contenders that did not answer as they should, in words. */
export function failuresOf(standings: readonly Standing[]): string[] {
  return standings.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure}`]))
}

function standing(name: string, rounds: readonly Round[]): Standing {
  const spread = (of: (round: Round) => number) => spreadOf(rounds.map(of))
  const cpu = rounds.flatMap(({ cpuPerThousand }) => cpuPerThousand ?? [])
  return {
    name,
    requestsPerSecond: spread((round) => round.requestsPerSecond),
    p50: spread((round) => round.p50),
    p95: spread((round) => round.p95),
    p99: spread((round) => round.p99),
    cpuPerThousand: cpu.length === rounds.length ? spreadOf(cpu) : undefined,
    generatorCores: spread((round) => round.generatorCores),
    failure: failureOf(rounds),
    rounds,
  }
}

function failureOf(rounds: readonly Round[]): string | undefined {
  const sums = new Map<string, number>()
  for (const { faults } of rounds) {
    for (const [kind, count] of Object.entries(faults)) sums.set(kind, (sums.get(kind) ?? 0) + count)
  }
  const met = [...sums].filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`)
  return met.length > 0 ? met.join(', ') : undefined
}
