import { contender, type Server } from '../contender.ts'
import type { Lab } from '../lab.ts'
import { startNode } from '../node/start.ts'
import { BENCH_WORKER } from '../rockpool/entry.ts'
import type { Section } from '../section.ts'
import { fixed, inRounds, shown } from '../show.ts'
import { spreadOf } from '../spread.ts'

const REQUESTS = 100
const HOLD_MS = 100
/** What a pool of threads has where nobody says otherwise, as FastAPI's for sync handlers does. */
const THREADS = 40
/** Enough to see that it works: a hundred of them one at a time take ten seconds. */
const QUICK_REQUESTS = 10

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

/** How long it takes until all are served, against the best there can be with so many at a time. */
export const hold: Section = {
  id: 'hold',
  title: 'Requests that hold the database',
  question: `${REQUESTS} requests at once, each of which keeps a connection busy for ${HOLD_MS} ms: when are all served?`,
  async run(lab) {
    await using closers = new AsyncDisposableStack()
    const contenders = await startContenders(lab, closers)
    const { quick, rounds: count } = lab.settings
    const requests = quick ? QUICK_REQUESTS : REQUESTS
    const failures: string[] = []
    const rounds = contenders.map((): number[] => [])
    // The first round opens the connections.
    for (let round = 0; round <= count; round++) {
      lab.log(`  round ${round} of ${count}`)
      for (const [index, { contender: one, connections }] of contenders.entries()) {
        if (round === 0 && connections === 1) continue
        const { url, headers, body, status } = one
        const load = { url, headers, body, status, connections: requests, requests }
        const { answers, seconds } = await lab.load.run(load)
        if (answers !== requests) failures.push(`${one.name}: ${answers} of ${requests} were served`)
        if (round > 0) rounds[index]?.push(seconds)
      }
    }
    const served = contenders.map(({ contender: { name }, connections }, index) => ({
      name,
      connections,
      idealSeconds: (Math.ceil(requests / connections) * HOLD_MS) / 1_000,
      seconds: spreadOf(rounds[index] ?? []),
    }))
    const table = {
      caption: `${requests} requests of ${HOLD_MS} ms at once, Postgres, ${inRounds(count)}`,
      columns: ['what answers', 'at a time', 'ideal', 'all served in'],
      rows: served.map(({ name, connections, idealSeconds, seconds }) => [
        name,
        `${connections}`,
        inSeconds(idealSeconds),
        shown(seconds, inSeconds),
      ]),
    }
    return {
      tables: [table],
      headline: table,
      notes: [
        'One at a time and 40 at a time are the plain Node server with a pool of that size, which has no Worker in ' +
          'between; 40 is what a pool of threads has by default. Rockpool’s rows are its pools as tiers and placements size them.',
        'The connections are open before the clock starts, and the database only waits: nothing is said of work that ' +
          'the database would have to do at the same time.',
      ],
      goals: [],
      figures: served,
      failures,
    }
  },
}

const inSeconds = (value: number) => `${fixed(2)(value)} s`

async function startContenders(lab: Lab, closers: AsyncDisposableStack) {
  const one = closers.use(await startNode(lab, 1))
  const forty = closers.use(await startNode(lab, THREADS))
  const rockpool = closers.use(await lab.startRockpool('hold', VARIABLES, BENCH_WORKER))
  const holding = async (name: string, server: Server, connections: number, path: string, user = '') => ({
    contender: await contender(name, server, `${path}?ms=${HOLD_MS}`, { 'x-user-id': user }),
    connections,
  })
  return [
    await holding('one connection', one, 1, '/hold'),
    await holding('a pool of threads', forty, THREADS, '/hold'),
    ...(await Promise.all(
      Object.entries(TENANTS).map(([tenant, { connections }]) => {
        const name = `Rockpool, ${tenant.replace('bench-', '')}`
        return holding(name, rockpool, connections, '/api/bench/hold', tenant)
      }),
    )),
  ]
}
