import type { Lab } from '../lab.ts'
import { type PlacedWorker, startPlaced } from '../placed-worker.ts'
import { type Spread, spreadOf } from '../spread.ts'

interface Percentiles {
  readonly p50: number
  readonly p99: number
}

/** How long a victim's requests take, alone and beside a noisy tenant, in ms; median of the rounds. */
export interface NeighbourRow {
  readonly name: string
  readonly alone: Percentiles
  readonly beside: Percentiles
  /** p99 beside ÷ p99 alone, of each round. */
  readonly ratio: Spread
}

/** How it is measured. */
export interface Pace {
  readonly rounds: number
  /** Victim's requests in one round, alone and again beside the noise; so few that their p99 is the slowest one. */
  readonly samples: number
  /** How many of the placements, in their order. */
  readonly placements: number
  /** A pool grows while requests wait for it: only the second time its connections are all there. */
  readonly warmUps: number
}

export const HOLD_MS = 200
export const NOISY_AT_ONCE = 200
/** Victim's requests at a time. */
const VICTIMS = 4
/** Where it stands in line with the noise each of its requests takes five times as long, and is as good as the next. */
const SAMPLES_IN_LINE = 12

const COMMON = {
  DB_POOL_MAX_SIZE: '50',
  DB_POOL_TIMEOUT: '60',
  DB_POOL_MAX_WAITING: '10000',
  TIERS: '{"free": {"size": 10}}',
}

const APART = { victim: 'victim', noisy: 'noisy' }

interface Placed {
  readonly name: string
  readonly variables: Readonly<Record<string, string>>
  readonly victim: string
  readonly noisy: string
  /** Where it takes fewer than the others. */
  readonly samples?: number
}

const PLACEMENTS: readonly Placed[] = [
  { name: 'dedicated', variables: { ...COMMON, STRATEGY: 'dedicated' }, ...APART },
  {
    name: 'grouped, fair shares',
    variables: { ...COMMON, STRATEGY: 'grouped', PLACEMENT_GROUPS: '1', GROUP_POOL_SIZE: '50' },
    ...APART,
  },
  {
    name: 'shared, fair shares',
    variables: { ...COMMON, STRATEGY: 'shared', SHARED_POOL_SIZE: '100' },
    ...APART,
  },
  {
    // Within one tenant it is first in, first out: a victim that is the noisy tenant itself stands in its line.
    name: 'grouped, first in first out, for contrast',
    variables: { ...COMMON, STRATEGY: 'grouped', PLACEMENT_GROUPS: '1', GROUP_POOL_SIZE: '50' },
    victim: 'noisy',
    noisy: 'noisy',
    samples: SAMPLES_IN_LINE,
  },
]

/** All placements in turn in each round, each on a Worker of its own that stays warm. */
export async function measureNeighbour(
  lab: Lab,
  { rounds, samples, placements, warmUps }: Pace,
): Promise<NeighbourRow[]> {
  await using workers = new AsyncDisposableStack()
  const contenders = []
  for (const [index, placement] of PLACEMENTS.slice(0, placements).entries()) {
    const worker = workers.use(await startPlaced(lab, `neighbour/${index}`, placement.variables))
    const { noisy, victim } = placement
    const everybody = [...Array.from({ length: NOISY_AT_ONCE }, () => noisy), victim]
    for (let time = 0; time < warmUps; time++) await worker.hold(everybody, HOLD_MS)
    contenders.push({ placement, worker, rounds: [] as { alone: Percentiles; beside: Percentiles }[] })
  }
  for (let round = 1; round <= rounds; round++) {
    lab.log(`  round ${round} of ${rounds}`)
    for (const { placement, worker, rounds: results } of contenders) {
      const { noisy, victim } = placement
      const wanted = Math.min(samples, placement.samples ?? samples)
      const alone = await victimsTimes(worker, victim, wanted)
      const noise = makeNoise(worker, noisy)
      const beside = await victimsTimes(worker, victim, wanted)
      await noise.stop()
      results.push({ alone: percentiles(alone), beside: percentiles(beside) })
    }
  }
  return contenders.map(({ placement: { name }, rounds: results }) => rowOf(name, results))
}

function rowOf(
  name: string,
  rounds: readonly Readonly<Record<'alone' | 'beside', Percentiles>>[],
): NeighbourRow {
  const medians = (when: 'alone' | 'beside') => ({
    p50: spreadOf(rounds.map((round) => round[when].p50)).median,
    p99: spreadOf(rounds.map((round) => round[when].p99)).median,
  })
  const ratio = spreadOf(rounds.map(({ alone, beside }) => beside.p99 / alone.p99))
  return { name, alone: medians('alone'), beside: medians('beside'), ratio }
}

async function victimsTimes(worker: PlacedWorker, victim: string, samples: number): Promise<number[]> {
  const victims = Array.from({ length: VICTIMS }, () => victim)
  const times: number[] = []
  while (times.length < samples) times.push(...(await worker.hold(victims, HOLD_MS)))
  return times
}

/** Keeps `NOISY_AT_ONCE` requests of a tenant running or waiting until it is stopped. */
function makeNoise(worker: PlacedWorker, noisy: string): { stop(): Promise<void> } {
  let going = true
  const loops = Array.from({ length: NOISY_AT_ONCE }, async () => {
    while (going) await worker.hold([noisy], HOLD_MS)
  })
  return {
    async stop() {
      going = false
      await Promise.all(loops)
    },
  }
}

function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}
