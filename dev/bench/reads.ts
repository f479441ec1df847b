import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, ROOT } from '../local/worker/bundle.ts'
import { startWorkerd } from '../local/worker/workerd.ts'
import { progress } from '../progress.ts'
import { spawnStack } from '../stack-process.ts'
import { tenantRecords, writePosts } from './posts.ts'
import { type Spread, spreadOf } from './spread.ts'
import { TENANTS } from './tenants.ts'

const DIR = join(ROOT, 'dist/bench/reads')

/** How often each is asked for: a cold pool takes longest. */
const TIMES = { full: { cold: 25, warm: 200 }, quick: { cold: 3, warm: 5 } } as const
type Times = (typeof TIMES)[keyof typeof TIMES]

const STATES = ['cold', 'warm', 'cached'] as const
type State = (typeof STATES)[number]

/** A request whose latency is measured. */
interface Read {
  readonly name: string
  readonly tenant: string
  readonly url: string
}

/**
 * `npm run bench:reads`: how long reading a list of twenty posts and one post takes, on the bundled Worker on workerd
 * itself, one request at a time: `cold` opens the tenant's pool first, `warm` runs on an open connection, `cached` on
 * none. `--quick` shows that it works, and no more.
 */
async function measure(times: Times, log: (line: string) => void): Promise<string> {
  await rm(DIR, { recursive: true, force: true })
  await mkdir(DIR, { recursive: true })
  await using closers = new AsyncDisposableStack()
  const { file } = await bundle(DIR)
  const stack = await spawnStack()
  closers.defer(() => stack.close())
  const variables: Record<string, string> = {
    ...stack.info.variables,
    TENANTS: tenantRecords(),
    // A tenant with several hosts has no cache.
    TIERS: JSON.stringify({ enterprise: { shards: 1 } }),
    RATE_LIMITS: 'off',
  }
  const worker = await startWorkerd({ dir: DIR, file, variables })
  closers.defer(() => worker.close())

  const lines: string[] = []
  for (const [engine, tenant] of Object.entries(TENANTS)) {
    await writePosts(worker.url, tenant)
    for (const read of await readsOf(worker.url, tenant)) {
      log(`${engine}: ${read.name}`)
      const spreads: Record<State, Spread> = {
        cold: await latency(times.cold, async () => {
          await closePool(worker.url, tenant, variables.ADMIN_TOKEN ?? '')
          return ask(read, 'bypass')
        }),
        warm: await latency(times.warm, () => ask(read, 'bypass')),
        cached: await latency(times.warm, () => ask(read, 'hit')),
      }
      lines.push(`| ${engine} | ${read.name} | ${STATES.map((state) => shown(spreads[state])).join(' | ')} |`)
    }
  }
  return `Latency of one request after the other, medians (least to most) of ${times.cold} cold and ${times.warm} others:

| database | read | cold: the pool is opened | warm | from the cache |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`
}

async function readsOf(url: string, tenant: string): Promise<Read[]> {
  const list: Read = { name: 'list of 20', tenant, url: `${url}/api/posts?limit=20` }
  const answer = await fetch(list.url, { headers: { 'x-user-id': tenant } })
  const { posts } = (await answer.json()) as { posts: { id: string }[] }
  return [list, { name: 'one post', tenant, url: `${url}/api/posts/${posts[0]?.id}` }]
}

/** Latency in ms of `times` requests. */
async function latency(times: number, request: () => Promise<number>): Promise<Spread> {
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

async function closePool(url: string, tenant: string, adminToken: string): Promise<void> {
  const answer = await fetch(`${url}/admin/connections/${tenant}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${adminToken}` },
  })
  if (answer.status !== 200) throw new Error(`the pool of ${tenant} was not closed: ${await answer.text()}`)
}

const shown = ({ median, min, max }: Spread) =>
  `${median.toFixed(1)} ms (${min.toFixed(1)} to ${max.toFixed(1)})`

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
process.stdout.write(await measure(values.quick ? TIMES.quick : TIMES.full, progress()))
process.exit()
