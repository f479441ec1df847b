import type { Workerd } from '../../local/worker/workerd.ts'
import { type Contender, contender } from '../contender.ts'
import type { Lab } from '../lab.ts'
import { writePosts } from '../posts.ts'
import { BENCH_WORKER } from '../rockpool/entry.ts'
import { tokenOf } from '../throughput/rockpool.ts'
import type { Name } from './layers.ts'
import { bundleSilent, checkTelling } from './silent.ts'

/** Both on Postgres; one runs on a host of its own, the other in the edge itself. */
const [HOSTED, HOSTLESS] = ['layers-hosted', 'layers-hostless']

const COMMON = {
  DEFAULT_ENGINE: 'postgres',
  TENANT_SOURCES: 'jwt,header',
  TENANTS: JSON.stringify({
    [HOSTED]: { tier: 'enterprise', engine: 'postgres' },
    [HOSTLESS]: { tier: 'premium', engine: 'postgres' },
  }),
  PLACEMENT: '{"enterprise": "dedicated", "premium": "isolate"}',
  // A tenant with several hosts has no cache, and a limit is to be counted and never reached.
  TIERS: '{"enterprise": {"shards": 1, "rate_limit": 1000000000}}',
}
const UNLIMITED = { ...COMMON, RATE_LIMITS: 'off' }

/**
 * Starts the Workers that are compared, each layer switched off in one of them.
 * @param closers closes them
 */
export async function startContenders(
  lab: Lab,
  closers: AsyncDisposableStack,
): Promise<readonly (Contender & { readonly name: Name })[]> {
  const start = async (name: string, variables: Readonly<Record<string, string>>, entry?: string) =>
    closers.use(await lab.startRockpool(`layers/${name}`, variables, entry))
  const on = await start('on', COMMON)
  const unlimited = await start('unlimited', UNLIMITED)
  const oneByOne = await start('one-by-one', { ...COMMON, RATE_LIMIT_RESERVE: '0' })
  // What is empty counts as not set: the directory is what TENANTS says, and there is nothing to count in.
  const noRedis = { UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '' }
  const alone = await start('alone', { ...UNLIMITED, ...noRedis })
  const bench = await start('bench', UNLIMITED, BENCH_WORKER)
  const silent = await startSilent(lab, closers)

  await writePosts(on.url, HOSTED)
  const token = await tokenOf(HOSTED, lab.stack.variables.JWT_SECRET ?? '')
  const byToken = { authorization: `Bearer ${token}` }
  const byHeader = { 'x-user-id': HOSTED }
  const uncached = { 'cache-control': 'no-cache' }
  const post = '/api/posts?limit=1'
  const whole = { ...byToken, ...uncached }
  const contenders = await Promise.all([
    contender<Name>('silent', silent, post, whole),
    contender<Name>('everything on', on, post, whole),
    contender<Name>('header', on, post, { ...byHeader, ...uncached }),
    contender<Name>('cached', on, post, byToken),
    contender<Name>('unlimited', unlimited, post, whole),
    contender<Name>('one by one', oneByOne, post, whole),
    contender<Name>('no directory', alone, post, whole),
    contender<Name>('nothing on a host', bench, '/api/bench/nothing', byHeader),
    contender<Name>('nothing in the isolate', bench, '/api/bench/nothing', { 'x-user-id': HOSTLESS }),
    contender<Name>('leased', bench, '/api/bench/leased', byHeader),
    contender<Name>('raw', bench, '/api/bench/raw', byHeader),
  ])
  await checkTelling(on, true)
  await checkTelling(silent, false)
  return contenders
}

async function startSilent(lab: Lab, closers: AsyncDisposableStack): Promise<Workerd> {
  const file = await bundleSilent(lab)
  const dir = await lab.newDir('layers/silent')
  const worker = await lab.workers.start({ dir, file, variables: { ...lab.stack.variables, ...COMMON } })
  closers.defer(() => worker.close())
  return worker
}
