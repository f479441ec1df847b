import type { Workerd } from '../../local/worker/workerd.ts'
import type { Lab } from '../lab.ts'
import { type Spread, spreadOf } from '../spread.ts'
import type { EngineName } from '../tenants.ts'

/** How long a request takes that finds less and less there before it; in ms. */
export interface Firsts {
  readonly warm: Spread
  /** A tenant that nobody has heard of, on a host whose pool is open. */
  readonly newTenant: Spread
  /** A tenant with a schema, on a host that was not there. */
  readonly newHost: Spread
  /** A tenant that nobody has heard of, on a host of its own that was not there. */
  readonly newTenantAndHost: Spread
  /** The first request that an isolate gets, for a tenant with a schema. */
  readonly newIsolate: Spread
  /** From the start of the process to the answer to that request. */
  readonly newProcess: Spread
}

export interface Pace {
  /** Requests of each kind. */
  readonly requests: number
  /** Processes that are started. */
  readonly starts: number
}

/** One request after the other, each of them the first of its kind. */
export async function measureFirsts(lab: Lab, engine: EngineName, pace: Pace): Promise<Firsts> {
  const common = { DEFAULT_ENGINE: engine, RATE_LIMITS: 'off', QUERY_CACHE_TTL: '0' }
  const name = (kind: string, n: number) => `cold-${engine}-${kind}-${n}`
  const each = async (request: (n: number) => Promise<number>) => {
    const all: number[] = []
    for (let n = 0; n < pace.requests; n++) all.push(await request(n))
    return spreadOf(all)
  }
  const dedicated = { ...common, STRATEGY: 'dedicated' }

  await using shared = await lab.startRockpool(`cold/${engine}-shared`, { ...common, STRATEGY: 'shared' })
  await ask(shared, name('first', 0))
  const newTenant = await each((n) => ask(shared, name('guest', n)))

  await using own = await lab.startRockpool(`cold/${engine}-own`, dedicated)
  await ask(own, name('first', 1))
  const newTenantAndHost = await each((n) => ask(own, name('owner', n)))
  const warm = await each((n) => ask(own, name('owner', n)))

  const [firsts, processes]: [number[], number[]] = [[], []]
  let newHost: Spread | undefined
  for (let start = 0; start < pace.starts; start++) {
    const started = performance.now()
    await using again = await lab.startRockpool(`cold/${engine}-again`, dedicated)
    firsts.push(await ask(again, name('first', 1)))
    processes.push(performance.now() - started)
    newHost ??= await each((n) => ask(again, name('owner', n)))
  }
  return {
    warm,
    newTenant,
    newHost: newHost ?? spreadOf([]),
    newTenantAndHost,
    newIsolate: spreadOf(firsts),
    newProcess: spreadOf(processes),
  }
}

/** How long a request for a tenant's newest post takes, in ms. */
async function ask({ url }: Pick<Workerd, 'url'>, tenant: string): Promise<number> {
  const started = performance.now()
  const answer = await fetch(`${url}/api/posts?limit=1`, { headers: { 'x-user-id': tenant } })
  const body = await answer.text()
  if (answer.status !== 200) throw new Error(`${tenant}: ${answer.status} ${body}`)
  return performance.now() - started
}
