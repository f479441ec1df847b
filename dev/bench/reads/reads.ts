import type { Workerd } from '../../local/worker/workerd.ts'
import { type Spread, spreadOf } from '../spread.ts'

/** Where a read is answered from. */
export type State = 'cold' | 'warm' | 'cached'

/** A request whose latency is measured. */
export interface Read {
  readonly name: string
  readonly tenant: string
  readonly url: string
}

/** The list of a tenant's posts, and the newest of them. */
export async function readsOf({ url }: Workerd, tenant: string): Promise<Read[]> {
  const list: Read = { name: 'list of 20', tenant, url: `${url}/api/posts?limit=20` }
  const answer = await fetch(list.url, { headers: { 'x-user-id': tenant } })
  const { posts } = (await answer.json()) as { posts: { id: string }[] }
  return [list, { name: 'one post', tenant, url: `${url}/api/posts/${posts[0]?.id}` }]
}

/**
 * Latency in ms of one request after the other: `cold` opens the tenant's pool first, `warm` runs on an open connection,
 * `cached` on none.
 */
export async function latencies(
  read: Read,
  times: Readonly<Record<State, number>>,
  closePool: () => Promise<void>,
): Promise<Record<State, Spread>> {
  return {
    cold: await repeat(times.cold, async () => {
      await closePool()
      return ask(read, 'bypass')
    }),
    warm: await repeat(times.warm, () => ask(read, 'bypass')),
    cached: await repeat(times.cached, () => ask(read, 'hit')),
  }
}

async function repeat(times: number, request: () => Promise<number>): Promise<Spread> {
  const all: number[] = []
  while (all.length < times) all.push(await request())
  return spreadOf(all)
}

/** How long one request takes, in ms; it has to be answered from where it is to be. */
async function ask({ tenant, url }: Read, wanted: 'bypass' | 'hit'): Promise<number> {
  const headers = { 'x-user-id': tenant, ...(wanted === 'bypass' && { 'cache-control': 'no-cache' }) }
  const started = performance.now()
  const answer = await fetch(url, { headers })
  const body = await answer.text()
  const taken = performance.now() - started
  const outcome = answer.headers.get('x-cache')
  if (answer.status !== 200 || outcome !== wanted) {
    throw new Error(`${url} answered ${answer.status} (${outcome}): ${body}`)
  }
  return taken
}
