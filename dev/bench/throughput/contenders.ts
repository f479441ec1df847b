import { type Contender, contender, type Server } from '../contender.ts'
import type { Lab } from '../lab.ts'
import { ONE_POST, PAGE } from '../newest-posts.ts'
import { writePosts } from '../posts.ts'
import { CLIENTS } from '../settings.ts'
import type { EngineName } from '../tenants.ts'
import * as names from './names.ts'
import { PLACEMENTS, type Placement, tenantOf, tokenOf } from './rockpool.ts'

/** What answers: Rockpool twice, and its peers. */
export interface Servers {
  /** With everything on. */
  readonly rockpool: Server
  readonly bare: Server
  readonly peers: Server
  /** The same Worker in a process of its own: what connecting leaves to collect is not to fall to the other peers. */
  readonly connecting: Server
  readonly node: Server
  /** Absent where there is no Python for it. */
  readonly fastApi: Server | undefined
}

/** Those that ask a database for one post. All of them answer with the same one, which is made sure of. */
export async function databaseContenders(
  lab: Lab,
  engine: EngineName,
  servers: Servers,
): Promise<Contender[]> {
  const asked = new Asked(lab, engine, servers, ONE_POST)
  return agreeing(ONE_POST, [
    asked.perRequest(),
    ...(engine === 'postgres' ? [asked.byScram()] : []),
    ...(engine === 'mongo' && servers.fastApi ? [asked.fastApi(servers.fastApi)] : []),
    asked.node(),
    // Beside each other, as goals compare them.
    asked.tutorial(),
    asked.bare(),
    ...PLACEMENTS[engine].map((placement) => asked.rockpool(placement)),
  ])
}

/** Those of them that are asked for a page: what Rockpool adds to a request is the same for an answer of twenty posts. */
export async function pageContenders(lab: Lab, engine: EngineName, servers: Servers): Promise<Contender[]> {
  const asked = new Asked(lab, engine, servers, PAGE)
  return agreeing(PAGE, [
    asked.perRequest(),
    ...(engine === 'mongo' && servers.fastApi ? [asked.fastApi(servers.fastApi)] : []),
    asked.tutorial(),
    asked.bare(),
    asked.rockpool('dedicated'),
  ])
}

/** Every request is to reach the database. */
const FRESH = { 'cache-control': 'no-cache' }

/**
 * Who answers, asked for so many posts of one engine. Of the slow ones a round has a number of requests, because in the
 * time of one they would answer each client once or twice.
 */
class Asked {
  readonly #lab: Lab
  readonly #engine: EngineName
  readonly #servers: Servers
  readonly #posts: number
  readonly #list: string
  readonly #named: Readonly<Record<string, string>>

  constructor(lab: Lab, engine: EngineName, servers: Servers, posts: number) {
    this.#lab = lab
    this.#engine = engine
    this.#servers = servers
    this.#posts = posts
    this.#list = `/api/posts?limit=${posts}`
    this.#named = { 'x-user-id': tenantOf(engine, 'dedicated') }
  }

  async perRequest(): Promise<Contender> {
    const peer = await this.#peer(names.PER_REQUEST, 'per-request', this.#servers.connecting)
    return { ...peer, requests: 4 * CLIENTS }
  }

  async byScram(): Promise<Contender> {
    const peer = await this.#peer(names.PER_REQUEST_SCRAM, 'per-request-scram', this.#servers.connecting)
    return { ...peer, requests: 2 * CLIENTS }
  }

  async fastApi(server: Server): Promise<Contender> {
    const fastApi = await contender(this.#key(names.FASTAPI), server, this.#list, this.#named)
    return { ...fastApi, requests: 12 * CLIENTS }
  }

  tutorial(): Promise<Contender> {
    return this.#peer(names.TUTORIAL, 'tutorial', this.#servers.peers)
  }

  node(): Promise<Contender> {
    return contender(this.#key(names.NODE), this.#servers.node, `/${this.#engine}`)
  }

  bare(): Promise<Contender> {
    return contender(this.#key(names.BARE), this.#servers.bare, this.#list, { ...this.#named, ...FRESH })
  }

  /** With everything on. */
  async rockpool(placement: Placement): Promise<Contender> {
    const tenant = tenantOf(this.#engine, placement)
    const token = await tokenOf(tenant, this.#lab.stack.variables.JWT_SECRET ?? '')
    const headers = { authorization: `Bearer ${token}`, ...FRESH }
    return contender(this.#key(names.ours(placement)), this.#servers.rockpool, this.#list, headers)
  }

  #peer(name: string, way: string, server: Server): Promise<Contender> {
    return contender(this.#key(name), server, `/${this.#engine}-${way}/${this.#posts}`)
  }

  #key(name: string): string {
    return names.keyOf(this.#engine, name)
  }
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

/** The contenders, if they answer alike. */
async function agreeing(posts: number, asked: readonly Promise<Contender>[]): Promise<Contender[]> {
  const contenders = await Promise.all(asked)
  for (const { name, body } of contenders) mustAgree(name, body, contenders[0]?.body ?? '', posts)
  return contenders
}

/** The same documents to the last field where they are the same tenant's, else the same but for ids and times. */
function mustAgree(name: string, body: string, other: string, posts: number): void {
  const [a, b] = [body, other].map((text) => JSON.parse(text) as Posts)
  const same = a?.user_id === b?.user_id
  const essence = (answer: Posts | undefined) =>
    JSON.stringify(same ? answer : answer?.posts.map(({ title, content, tags }) => [title, content, tags]))
  if (a?.posts.length !== posts || essence(a) !== essence(b)) {
    throw new Error(`${name} does not answer as the others do: ${body.slice(0, 300)}`)
  }
}
