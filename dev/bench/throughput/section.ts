import type { Contender } from '../contender.ts'
import { findPython, type Python } from '../fastapi/python.ts'
import { startFastApi } from '../fastapi/start.ts'
import type { Lab } from '../lab.ts'
import { PAGE } from '../newest-posts.ts'
import { startNode } from '../node/start.ts'
import { bundlePeers } from '../peers-worker.ts'
import { failuresOf, limitedByLoad, type Pace, runRounds, type Standing, warmUp } from '../rounds.ts'
import type { Section, Table } from '../section.ts'
import { CLIENTS } from '../settings.ts'
import { inRounds } from '../show.ts'
import type { EngineName } from '../tenants.ts'
import {
  databaseContenders,
  emptyContenders,
  pageContenders,
  type Servers,
  writeAllPosts,
} from './contenders.ts'
import { type Standings, throughputGoals } from './goals.ts'
import { headline, peersChart, roundsOf } from './headline.ts'
import * as names from './names.ts'
import { BARE, EVERYTHING_ON } from './rockpool.ts'
import { throughputTable } from './table.ts'

/** On each of the Workers that goals compare with each other, before anything is measured. */
const WARM_UP_SECONDS = 10
/** Where a delay and not the machine decides, less time tells as much. */
const DELAYED = { seconds: 0.5, warmUpSeconds: 0.5 } as const
const OF_PAGES = { rounds: 5, seconds: 0.7, warmUpSeconds: 0.5, wakeSeconds: 0.3 } as const
/** More and shorter rounds than the run’s: who is compared is measured a moment apart, which a shared machine needs more than long loads. */
const NEAR = { rounds: 7, seconds: 0.6, warmUpSeconds: 0.5, wakeSeconds: 0.3 } as const

/**
 * Delays and how each is measured, in this order. Near comes last, since it shows most there if V8 is not done with
 * optimizing yet, which makes a request take half the processor time.
 */
const DELAYS: Readonly<Record<'full' | 'quick', readonly { delayMs: number; pace: Pace }[]>> = {
  full: [
    { delayMs: 5, pace: DELAYED },
    { delayMs: 20, pace: DELAYED },
    { delayMs: 0, pace: NEAR },
  ],
  quick: [
    { delayMs: 20, pace: {} },
    { delayMs: 0, pace: {} },
  ],
}

/** Rockpool on a warm pool against what people do without it. */
export const throughput: Section = {
  id: 'throughput',
  title: 'Requests on a warm pool',
  question:
    'How many requests does it answer, how quickly and at what cost, against what people do without it? The newest ' +
    'post of a tenant, 350 bytes, read from the database by every request, and a page of 20 posts, 7 KB.',
  async run(lab) {
    await using closers = new AsyncDisposableStack()
    const python = await findPython(lab.log)
    const servers = await startServers(lab, python, closers)
    const { byDelay, pages } = await measureAll(lab, servers)
    const [near, far] = [byDelay.at(0), byDelay.at(-1)]
    if (!near || !far) throw new Error('no delay was measured')
    const runs = [...byDelay.map(({ standings }) => standings), ...(pages ? [pages] : [])]
    return {
      tables: [
        ...byDelay.flatMap(({ delayMs, standings }) =>
          tablesOf(standings, `${delayMs} ms of added network delay`),
        ),
        ...(pages ? tablesOf(pages, `a page of ${PAGE} posts, no added delay`) : []),
        emptyTable(near.standings),
      ],
      headline: headline({ near: near.standings, far, pages }),
      charts: [peersChart(near.standings)],
      notes: notes(python, limitedByLoad(Object.values(near.standings))),
      goals: throughputGoals({ near: near.standings, far, pages }),
      figures: { byDelay, pages, python },
      failures: runs.flatMap((standings) => failuresOf(Object.values(standings))),
    }
  },
}

interface All {
  /** From near to far. */
  readonly byDelay: readonly { readonly delayMs: number; readonly standings: Standings }[]
  /** Absent in a quick run. */
  readonly pages: Standings | undefined
}

async function measureAll(lab: Lab, servers: Servers): Promise<All> {
  const { quick } = lab.settings
  const contenders = [
    ...(await databaseContenders(lab, 'postgres', servers)),
    ...(await databaseContenders(lab, 'mongo', servers)),
  ]
  const empty = await emptyContenders(servers)
  if (!quick) {
    lab.log('  warming up')
    await warmUp(lab, contenders.filter(isCompared), WARM_UP_SECONDS)
  }
  const byDelay: { delayMs: number; standings: Standings }[] = []
  let pages: Standings | undefined
  for (const { delayMs, pace } of DELAYS[quick ? 'quick' : 'full']) {
    const near = delayMs === 0
    if (near && !quick) pages = await measurePages(lab, servers)
    lab.log(`  ${delayMs} ms to the databases`)
    await lab.delayDatabases(delayMs)
    const measured = contenders.filter(({ name }) => isMeasured(name, { near, quick }))
    const all = near ? [...measured, ...empty] : measured
    byDelay.push({ delayMs, standings: await runRounds(lab, all, pace) })
  }
  byDelay.sort((a, b) => a.delayMs - b.delayMs)
  return { byDelay, pages }
}

/** Whether goals compare one with another Worker that keeps its connections. */
function isCompared({ name }: Contender): boolean {
  return [names.TUTORIAL, names.BARE, names.ours('dedicated')].some((one) => name.endsWith(one))
}

/**
 * Whether one is measured there. What the layers before the host cost is the same at any distance, hashing is what SCRAM
 * costs at any; a quick run has time for what goals compare, and not for what is slowest.
 */
function isMeasured(name: string, { near, quick }: { near: boolean; quick: boolean }): boolean {
  const is = (one: string) => name.endsWith(one)
  if (near) return !quick || !is(names.PER_REQUEST_SCRAM)
  if (quick) return is(names.PER_REQUEST) || is(names.ours('dedicated'))
  return !is(names.BARE) && !is(names.PER_REQUEST_SCRAM)
}

async function startServers(
  lab: Lab,
  python: Python | undefined,
  closers: AsyncDisposableStack,
): Promise<Servers> {
  const peersWorker = await bundlePeers(lab)
  const peers = await peersWorker.start()
  closers.defer(() => peers.close())
  const connecting = await peersWorker.start()
  closers.defer(() => connecting.close())
  const rockpool = closers.use(await lab.startRockpool('everything-on', EVERYTHING_ON))
  const bare = closers.use(await lab.startRockpool('bare', BARE))
  const node = closers.use(await startNode(lab, CLIENTS))
  const fastApi = python && closers.use(await startFastApi(lab, python, CLIENTS))
  await writeAllPosts(bare)
  return { rockpool, bare, peers, connecting, node, fastApi }
}

async function measurePages(lab: Lab, servers: Servers): Promise<Standings> {
  lab.log(`  a page of ${PAGE} posts`)
  await lab.delayDatabases(0)
  const contenders = [
    ...(await pageContenders(lab, 'postgres', servers)),
    ...(await pageContenders(lab, 'mongo', servers)),
  ]
  return runRounds(lab, contenders, OF_PAGES)
}

function tablesOf(standings: Standings, circumstances: string): Table[] {
  return (Object.keys(names.ENGINE_NAMES) as EngineName[]).map((engine) => {
    const prefix = names.keyOf(engine, '')
    const rows = Object.values(standings).filter(({ name }) => name.startsWith(prefix))
    return throughputTable(
      `${names.ENGINE_NAMES[engine]}, ${circumstances}, ${inRounds(roundsOf(standings))}`,
      rows.map((row) => ({ ...row, label: row.name.slice(prefix.length) })),
      standings[names.keyOf(engine, names.PER_REQUEST)],
      standings[names.keyOf(engine, names.TUTORIAL)],
    )
  })
}

function emptyTable(standings: Standings): Table {
  const rows = [names.NOTHING, names.HOP].flatMap((name): (Standing & { label: string })[] => {
    const standing = standings[name]
    return standing ? [{ ...standing, label: name }] : []
  })
  return throughputTable('No database', rows)
}

function notes(python: Python | undefined, limited: readonly string[]): string[] {
  return [
    `Every pool has ${CLIENTS} connections, as many as there are clients, so that nobody waits for one. Rockpool verifies a token (HS256), has its directory and its limiter in ` +
      'Redis, whose limit is never met, and passes its query cache by; the row without identify, directory and limiter ' +
      'takes the tenant from a header, as the peers do.',
    'Rockpool, tutorial and connect per request speak to Postgres through the proxy for WebSockets; Node and pymongo ' +
      'speak TCP, and Node, which has no Worker in between, is the ceiling. All meet the same delay, which is added ' +
      'once to a round trip and to no other than the databases’: Redis stays near.',
    'Processor time is that of the process that answers, not of the databases and proxies. All placements of ' +
      'Rockpool are hosts in one process; so are the two tutorials, and connecting per request with either engine.',
    'A p99 is of one round: where connecting per request is slow, of about a hundred requests. One tenant per contender ' +
      'is asked for; what many tenants do to each other is in the sections of strategies and neighbours.',
    'The row of the placement `isolate` asks the stack’s stand-in for Neon’s HTTP endpoint, which is a Node server and ' +
      'pools by itself.',
    python
      ? `FastAPI: ${python.versions}, two processes, sync handlers in the usual pool of 40 threads.`
      : '**FastAPI was skipped:** no Python here has fastapi, pymongo and uvicorn, and they could not be had from PyPI.',
    ...(limited.length > 0
      ? [`The load generator was what limited ${limited.join('; ')}: it used about all of a core.`]
      : []),
  ]
}
