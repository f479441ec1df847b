import type { MongoClient } from 'mongodb'
import { bundle } from '../local/worker/bundle.ts'
import { type Contender, contender } from './contender.ts'
import type { PeersWorker } from './peers-worker.ts'
import { tenantRecords, writePosts } from './posts.ts'
import { runRounds, type Standing } from './rounds.ts'
import type { Settings } from './settings.ts'
import { TENANTS } from './tenants.ts'
import type { Workers } from './workers.ts'

/** What is measured under load. */
export type Throughput = Record<(typeof NAMES)[number], Standing>

const NAMES = [
  'Postgres, connect per request',
  'Postgres, Rockpool',
  'MongoDB, connect per request',
  'MongoDB, Rockpool',
  'no database, plain Worker',
  'no database, one hop',
] as const

export interface ThroughputOptions {
  readonly dir: string
  /** Of the local stack. */
  readonly variables: Readonly<Record<string, string>>
  readonly peers: PeersWorker
  readonly workers: Workers
  readonly mongo: MongoClient
  readonly settings: Settings
  readonly log: (line: string) => void
}

/** Puts the same load on Rockpool, its production bundle and the whole way, and on the peers. */
export async function measureThroughput(options: ThroughputOptions): Promise<Throughput> {
  const { dir, variables, peers, workers, mongo, settings, log } = options
  const database = mongo.db(`user_${TENANTS.mongo}_db`)
  await using closers = new AsyncDisposableStack()
  const { file } = await bundle(dir)
  const rockpool = await workers.start({
    dir,
    file,
    // Every request is to reach the database.
    variables: { ...variables, TENANTS: tenantRecords(), RATE_LIMITS: 'off', QUERY_CACHE_TTL: '0' },
  })
  closers.defer(() => rockpool.close())
  const peer = await peers.start()
  closers.defer(() => peer.close())

  // A MongoDB of one's own keeps what an interrupted run left.
  await database.dropDatabase()
  closers.defer(async () => void (await database.dropDatabase()))
  for (const tenant of Object.values(TENANTS)) await writePosts(rockpool.url, tenant)

  const posts = `${rockpool.url}/api/posts?limit=20`
  const contenders = await Promise.all([
    contender(NAMES[0], `${peer.url}/postgres-per-request`),
    contender(NAMES[1], posts, { 'x-user-id': TENANTS.postgres }),
    contender(NAMES[2], `${peer.url}/mongo-per-request`),
    contender(NAMES[3], posts, { 'x-user-id': TENANTS.mongo }),
    contender(NAMES[4], `${peer.url}/nothing`),
    contender(NAMES[5], `${peer.url}/hop`),
  ])
  mustAgree(contenders[0], contenders[1])
  mustAgree(contenders[2], contenders[3])
  // Awaited here: what is measured closes when this function ends.
  return await runRounds(contenders, settings, log)
}

function mustAgree(a: Contender, b: Contender): void {
  if (a.body !== b.body) throw new Error(`${a.name} and ${b.name} do not answer the same`)
}
