import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type PlacedWorker, startPlaced } from './placed-worker.ts'

interface Percentiles {
  readonly p50: number
  readonly p99: number
}

/** How long a victim's requests take, alone and beside a noisy tenant, in ms. */
export interface NeighbourRow {
  readonly name: string
  readonly alone: Percentiles
  readonly beside: Percentiles
}

const HOLD_MS = 200
const NOISY_AT_ONCE = 200
/** Enough for a 99th percentile that is not the slowest one. */
const SAMPLES = 120
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

export async function measureNeighbour(
  dir: string,
  file: string,
  stack: Readonly<Record<string, string>>,
  log: (line: string) => void,
): Promise<NeighbourRow[]> {
  const rows: NeighbourRow[] = []
  for (const [index, { name, variables, victim, noisy }] of PLACEMENTS.entries()) {
    const own = join(dir, `neighbour-${index}`)
    await mkdir(own, { recursive: true })
    await using worker = await startPlaced(own, file, { ...stack, ...variables })
    log(`Neighbour: ${name}`)
    // Pools open and warm first.
    await worker.hold([...Array.from({ length: NOISY_AT_ONCE }, () => noisy), victim], HOLD_MS)
    const alone = await victimsTimes(worker, victim)
    const noise = makeNoise(worker, noisy)
    const beside = await victimsTimes(worker, victim)
    await noise.stop()
    rows.push({ name, alone: percentiles(alone), beside: percentiles(beside) })
  }
  return rows
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
