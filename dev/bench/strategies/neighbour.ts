import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Spread, spreadOf } from '../spread.ts'
import { type PlacedWorker, startPlaced } from './placed-worker.ts'

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

export const NEIGHBOUR_ROUNDS = 5
const HOLD_MS = 200
const NOISY_AT_ONCE = 200
/** Victim's requests in one round, alone and again beside the noise; so few that their p99 is the slowest one. */
const SAMPLES = 30
/** Victim's requests at a time. */
const VICTIMS = 2

const COMMON = {
  DEFAULT_ENGINE: 'postgres',
  DB_POOL_MAX_SIZE: '50',
  DB_POOL_TIMEOUT: '60',
  DB_POOL_MAX_WAITING: '10000',
  TIERS: '{"free": {"size": 10}}',
}

const PLACEMENTS = [
  { name: 'dedicated', variables: { ...COMMON, STRATEGY: 'dedicated' }, victim: 'victim', noisy: 'noisy' },
  {
    name: 'grouped, fair shares',
    variables: { ...COMMON, STRATEGY: 'grouped', PLACEMENT_GROUPS: '1', GROUP_POOL_SIZE: '50' },
    victim: 'victim',
    noisy: 'noisy',
  },
  {
    name: 'shared, fair shares',
    variables: { ...COMMON, STRATEGY: 'shared', SHARED_POOL_SIZE: '100' },
    victim: 'victim',
    noisy: 'noisy',
  },
  {
    // Within one tenant it is first in, first out: a victim that is the noisy tenant itself stands in its line.
    name: 'grouped, first in first out, for contrast',
    variables: { ...COMMON, STRATEGY: 'grouped', PLACEMENT_GROUPS: '1', GROUP_POOL_SIZE: '50' },
    victim: 'noisy',
    noisy: 'noisy',
  },
] as const

/** All placements in turn in each round, each on a Worker of its own that stays warm. */
export async function measureNeighbour(
  dir: string,
  file: string,
  stack: Readonly<Record<string, string>>,
  log: (line: string) => void,
): Promise<NeighbourRow[]> {
  await using workers = new AsyncDisposableStack()
  const contenders = []
  for (const [index, placement] of PLACEMENTS.entries()) {
    const own = join(dir, `neighbour-${index}`)
    await mkdir(own, { recursive: true })
    const worker = workers.use(await startPlaced(own, file, { ...stack, ...placement.variables }))
    const { noisy, victim } = placement
    await worker.hold([...Array.from({ length: NOISY_AT_ONCE }, () => noisy), victim], HOLD_MS)
    contenders.push({ placement, worker, rounds: [] as { alone: Percentiles; beside: Percentiles }[] })
  }
  for (let round = 1; round <= NEIGHBOUR_ROUNDS; round++) {
    log(`Neighbour: round ${round} of ${NEIGHBOUR_ROUNDS}`)
    for (const { placement, worker, rounds } of contenders) {
      const alone = await victimsTimes(worker, placement.victim)
      const noise = makeNoise(worker, placement.noisy)
      const beside = await victimsTimes(worker, placement.victim)
      await noise.stop()
      rounds.push({ alone: percentiles(alone), beside: percentiles(beside) })
    }
  }
  return contenders.map(({ placement: { name }, rounds }) => {
    const median = (when: 'alone' | 'beside', which: keyof Percentiles) =>
      spreadOf(rounds.map((round) => round[when][which])).median
    const medians = (when: 'alone' | 'beside') => ({ p50: median(when, 'p50'), p99: median(when, 'p99') })
    const ratio = spreadOf(rounds.map(({ alone, beside }) => beside.p99 / alone.p99))
    return { name, alone: medians('alone'), beside: medians('beside'), ratio }
  })
}

async function victimsTimes(worker: PlacedWorker, victim: string): Promise<number[]> {
  const times: number[] = []
  while (times.length < SAMPLES) {
    times.push(
      ...(await worker.hold(
        Array.from({ length: VICTIMS }, () => victim),
        HOLD_MS,
      )),
    )
  }
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
