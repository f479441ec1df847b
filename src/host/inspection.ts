import type { Config } from '../config.ts'
import type { ServerConnections } from '../engines/engine.ts'
import type { PoolCache } from '../pools/cache.ts'
import { systemClock } from '../pools/clock.ts'
import type { PoolStatistics } from '../pools/statistics.ts'

/** How long a server may take to say how many connections it has, the wait for one of them included, in ms. */
const ANSWER_MS = 5_000

/** One tenant's pool, with the server's own count beside it. */
export interface PoolInspection {
  readonly pool: PoolStatistics
  readonly server: ServerConnections | null
  /** The tenant's pools on replicas; a version before them tells of none. */
  readonly replicas?: readonly PoolStatistics[]
}

/** The pools of `keys`, the first of them with what its server counts; `null` when there is none. */
export async function inspect(
  pools: PoolCache,
  config: Config,
  keys: readonly string[],
): Promise<PoolInspection | null> {
  const [pool, ...replicas] = keys.flatMap((key) => pools.find(key) ?? [])
  if (!pool) return null
  // The pool's own numbers are worth showing when the server does not answer; most of all then.
  const server = await askServer(pools, config, pool.spec.key).catch(() => null)
  return { pool: pool.statistics(), server, replicas: replicas.map((one) => one.statistics()) }
}

/** What the server of the pool of `key` counts; `null` when there is no such pool. Throws a `Problem`. */
export async function askServer(
  pools: PoolCache,
  config: Config,
  key: string,
): Promise<ServerConnections | null> {
  const pool = pools.find(key)
  if (!pool) return null
  const { requestTimeoutMs: timeoutMs } = config
  const { maxWaiting } = config.pool
  const deadline = { at: systemClock.now() + Math.min(timeoutMs, ANSWER_MS) }
  await using lease = await pool.lease({
    tenant: 'admin',
    share: 1,
    weight: 1,
    maxWaiting,
    timeoutMs,
    deadline,
  })
  return await lease.connection.serverConnections()
}
