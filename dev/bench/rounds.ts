import { setTimeout as sleep } from 'node:timers/promises'
import { type Contender, cpuSecondsOf, loadOf } from './contender.ts'
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

/** What a section needs that differs from the run. */
export interface Pace extends Partial<Omit<Settings, 'connections'>> {
  /**
   * Load that does not count on a process that stood still while another one was measured: workerd is slower by an eighth
   * after ten seconds of rest, and who comes second in its process would have had the first one wake it. @default 0
   */
  readonly wakeSeconds?: number
}

/** What a contender leaves to do, such as connections being closed, is not to fall to the next one. */
const PAUSE_MS = 50

/**
 * Load that does not count, on each of the contenders in turn. V8 optimizes a function by how often it was called, and a
 * Worker's are called once or twice for each request: some ten thousand requests are needed, and more code needs more.
 */
export async function warmUp(lab: Lab, contenders: readonly Contender[], seconds: number): Promise<void> {
  const { connections } = lab.settings
  for (const contender of contenders) {
    await lab.load.run({ ...loadOf(contender), connections, seconds })
    await sleep(PAUSE_MS)
  }
}

/**
 * Measures the contenders in turn, round after round, every other round from the last one to the first: what the machine
 * does meanwhile then meets all of them, and nobody always comes after the same one.
 */
export async function runRounds<Name extends string>(
  lab: Lab,
  contenders: readonly (Contender & { readonly name: Name })[],
  pace: Pace = {},
): Promise<Record<Name, Standing>> {
  const { rounds, seconds, warmUpSeconds, connections, wakeSeconds = 0 } = { ...lab.settings, ...pace }
  await warmUp(lab, contenders, warmUpSeconds)
  const results = contenders.map((): Round[] => [])
  const order = [...contenders.entries()]
  let awake: number | undefined
  for (let round = 1; round <= rounds; round++) {
    lab.log(`  round ${round} of ${rounds}`)
    for (const [index, contender] of round % 2 === 1 ? order : order.toReversed()) {
      if (wakeSeconds > 0 && contender.pid !== awake) {
        await lab.load.run({ ...loadOf(contender), connections, seconds: wakeSeconds })
      }
      results[index]?.push(await measure(lab, contender, { seconds, connections }))
      awake = contender.pid
      await sleep(PAUSE_MS)
    }
  }
  const standings = contenders.map(({ name }, index) => [name, standing(name, results[index] ?? [])])
  return Object.fromEntries(standings) as Record<Name, Standing>
}

async function measure(
  lab: Lab,
  contender: Contender,
  { seconds, connections }: Pick<Settings, 'seconds' | 'connections'>,
): Promise<Round> {
  const { requests } = contender
  const length = requests === undefined ? { seconds } : { requests }
  const before = await cpuSecondsOf(contender)
  const result = await lab.load.run({ ...loadOf(contender), connections, ...length })
  const after = await cpuSecondsOf(contender)
  const isKnown = before !== undefined && after !== undefined
  return { ...result, cpuPerThousand: isKnown ? ((after - before) / result.answers) * 1_000 : undefined }
}

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
