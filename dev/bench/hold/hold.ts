import { type Contender, contender, loadOf, type Server } from '../contender.ts'
import type { Lab } from '../lab.ts'
import { LoadGenerator } from '../load.ts'
import { startNode } from '../node/start.ts'
import { BENCH_WORKER } from '../rockpool/entry.ts'
import { inRounds } from '../show.ts'

export const HOLD_MS = 100
/** What a pool of threads has where nobody says otherwise, as FastAPI's for sync handlers does. */
export const THREADS = 40

/** Rockpool's tenants, by what they are entitled to: requests that have the database at the same time. */
const TENANTS = {
  'bench-premium': { tier: 'premium', connections: 10 },
  'bench-enterprise': { tier: 'enterprise', connections: 20 },
  'bench-grouped': { tier: 'basic', connections: 50 },
  'bench-shared': { tier: 'free', connections: 100 },
} as const

const VARIABLES = {
  PLACEMENT: '{"free": "shared", "basic": "grouped", "premium": "dedicated", "enterprise": "dedicated"}',
  // One host has all connections of its tenant: how they are divided is another question.
  TIERS: '{"enterprise": {"shards": 1}}',
  TENANTS: JSON.stringify(
    Object.fromEntries(Object.entries(TENANTS).map(([id, { tier }]) => [id, { tier, engine: 'postgres' }])),
  ),
  DB_POOL_MAX_WAITING: '10000',
  RATE_LIMITS: 'off',
}

/** How it is measured. */
export interface Pace {
  readonly rounds: number
  /** Of one round, all at once. */
  readonly requests: number
}

export interface Served {
  readonly name: string
  /** Requests that have the database at the same time. */
  readonly connections: number
  /** Until all were served, of each round. */
  readonly seconds: readonly number[]
  readonly failures: readonly string[]
}

/** How long until all are served: one at a time, and then so many at a time as a pool has connections. */
export async function measureHold(lab: Lab, pace: Pace): Promise<Served[]> {
  return [await measureOneByOne(lab, pace), ...(await measurePools(lab, pace))]
}

/**
 * A server for each round and all of them side by side: hardly anything happens on any of them in ten seconds, so they
 * take each other nothing, and after each other they would take as long as a whole section.
 */
async function measureOneByOne(lab: Lab, { rounds, requests }: Pace): Promise<Served> {
  await using closers = new AsyncDisposableStack()
  const name = 'one connection'
  const copies: { load: LoadGenerator; asked: Contender }[] = []
  while (copies.length < rounds) {
    const server = closers.use(await startNode(lab, 1))
    const load = new LoadGenerator()
    closers.defer(() => load.close())
    copies.push({ load, asked: await holding(name, server, '/hold') })
  }
  lab.log(`  one at a time, ${inRounds(rounds)} side by side`)
  const results = await Promise.all(copies.map(({ load, asked }) => serve(load, asked, requests)))
  return { name, connections: 1, ...summedUp(results) }
}

/** In turn, in rounds, of which the first opens the connections and does not count. */
async function measurePools(lab: Lab, { rounds, requests }: Pace): Promise<Served[]> {
  await using closers = new AsyncDisposableStack()
  const pools = await startPools(lab, closers)
  const results = pools.map((): Result[] => [])
  for (let round = 0; round <= rounds; round++) {
    lab.log(`  round ${round} of ${rounds}`)
    for (const [index, { asked }] of pools.entries()) {
      const result = await serve(lab.load, asked, requests)
      if (round > 0) results[index]?.push(result)
    }
  }
  return pools.map(({ asked: { name }, connections }, index) => ({
    name,
    connections,
    ...summedUp(results[index] ?? []),
  }))
}

async function startPools(lab: Lab, closers: AsyncDisposableStack) {
  const node = closers.use(await startNode(lab, THREADS))
  const rockpool = closers.use(await lab.startRockpool('hold', VARIABLES, BENCH_WORKER))
  const ours = Object.entries(TENANTS).map(async ([tenant, { connections }]) => {
    const name = `Rockpool, ${tenant.replace('bench-', '')}`
    return { asked: await holding(name, rockpool, '/api/bench/hold', tenant), connections }
  })
  const threads = { asked: await holding('a pool of threads', node, '/hold'), connections: THREADS }
  return [threads, ...(await Promise.all(ours))]
}

function holding(name: string, server: Server, path: string, user = ''): Promise<Contender> {
  return contender(name, server, `${path}?ms=${HOLD_MS}`, { 'x-user-id': user })
}

interface Result {
  readonly seconds: number
  readonly failures: readonly string[]
}

async function serve(load: LoadGenerator, asked: Contender, requests: number): Promise<Result> {
  const { answers, seconds } = await load.run({ ...loadOf(asked), connections: requests, requests })
  const failures = answers === requests ? [] : [`${asked.name}: ${answers} of ${requests} were served`]
  return { seconds, failures }
}

function summedUp(results: readonly Result[]): Pick<Served, 'seconds' | 'failures'> {
  return {
    seconds: results.map(({ seconds }) => seconds),
    failures: results.flatMap(({ failures }) => failures),
  }
}
