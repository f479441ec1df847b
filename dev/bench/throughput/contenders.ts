import { type Contender, contender, type Server } from '../contender.ts'
import type { Lab } from '../lab.ts'
import { POSTS } from '../newest-posts.ts'
import { writePosts } from '../posts.ts'
import { CLIENTS } from '../settings.ts'
import type { EngineName } from '../tenants.ts'
import * as names from './names.ts'
import { PLACEMENTS, tenantOf, tokenOf } from './rockpool.ts'

/** What answers: Rockpool twice, and its peers. */
export interface Servers {
  /** With everything on. */
  readonly rockpool: Server
  readonly bare: Server
  readonly peers: Server
  readonly node: Server
  /** Absent where there is no Python for it. */
  readonly fastApi: Server | undefined
}

const LIST = `/api/posts?limit=${POSTS}`

/** Those that ask a database. All of them answer with the same post, which is made sure of. */
export async function databaseContenders(
  lab: Lab,
  engine: EngineName,
  servers: Servers,
): Promise<Contender[]> {
  const { rockpool, bare, peers, node, fastApi } = servers
  const header = { 'x-user-id': tenantOf(engine, 'dedicated') }
  const called = (name: string) => names.keyOf(engine, name)
  const contenders = [
    await contender(called(names.PER_REQUEST), peers, `/${engine}-per-request`),
    ...(engine === 'postgres' ? [await byScram(called(names.PER_REQUEST_SCRAM), peers)] : []),
    ...(engine === 'mongo' && fastApi ? [await contender(called(names.FASTAPI), fastApi, LIST, header)] : []),
    await contender(called(names.TUTORIAL), peers, `/${engine}-tutorial`),
    await contender(called(names.NODE), node, `/${engine}`),
    await contender(called(names.BARE), bare, LIST, { ...header, 'cache-control': 'no-cache' }),
  ]
  for (const placement of PLACEMENTS[engine]) {
    const token = await tokenOf(tenantOf(engine, placement), lab.stack.variables.JWT_SECRET ?? '')
    // Every request is to reach the database.
    const headers = { authorization: `Bearer ${token}`, 'cache-control': 'no-cache' }
    contenders.push(await contender(called(names.ours(placement)), rockpool, LIST, headers))
  }
  for (const { name, body } of contenders) mustAgree(name, body, contenders[0]?.body ?? '')
  return contenders
}

/** So slow that a round by time would count too few answers. */
async function byScram(name: string, peers: Server): Promise<Contender> {
  return { ...(await contender(name, peers, '/postgres-per-request-scram')), requests: 2 * CLIENTS }
}

/** Those that ask none: what the runtime itself takes. */
export async function emptyContenders({ peers }: Servers): Promise<Contender[]> {
  return [await contender(names.NOTHING, peers, '/nothing'), await contender(names.HOP, peers, '/hop')]
}

/** The same posts for every tenant of an engine. */
export async function writeAllPosts(bare: Server): Promise<void> {
  for (const engine of ['postgres', 'mongo'] as const) {
    for (const placement of PLACEMENTS[engine]) await writePosts(bare.url, tenantOf(engine, placement))
  }
}

interface Posts {
  readonly user_id: string
  readonly posts: readonly Record<string, unknown>[]
}

/** The same documents to the last field where they are the same tenant's, else the same but for ids and times. */
function mustAgree(name: string, body: string, other: string): void {
  const [a, b] = [body, other].map((text) => JSON.parse(text) as Posts)
  const same = a?.user_id === b?.user_id
  const essence = (answer: Posts | undefined) =>
    JSON.stringify(same ? answer : answer?.posts.map(({ title, content, tags }) => [title, content, tags]))
  if (a?.posts.length !== POSTS || essence(a) !== essence(b)) {
    throw new Error(`${name} does not answer as the others do: ${body.slice(0, 300)}`)
  }
}
