import type { Config } from '../config.ts'
import type { PoolCache } from '../pools/cache.ts'
import type { Cluster } from '../pools/statistics.ts'
import { type ProblemCode, toProblem } from '../problem.ts'
import { poolSpec } from './specs.ts'

/** Name of the pool host that health checks run on: they wake no tenant's host. */
export const PROBE_HOST = 'health'

/** How long a database may take to answer a health check, its connection included. */
const PROBE_TIMEOUT_MS = 3_000

const PROBE = { tenant: 'probe', share: 1, weight: 1, maxWaiting: 100, timeoutMs: PROBE_TIMEOUT_MS }

export interface ProbeResult {
  readonly cluster: Cluster
  readonly healthy: boolean
  readonly latency_ms: number
  /** Why it is not healthy. */
  readonly code?: ProblemCode
}

/** `SELECT 1` or `ping` on a pool of one connection. Never throws. */
export async function probe(
  pools: PoolCache,
  config: Config,
  host: string,
  cluster: Cluster,
): Promise<ProbeResult> {
  const started = Date.now()
  try {
    const place = { key: `probe:${cluster}`, tenant: null, minSize: 1, maxSize: 1, weight: 1 }
    const spec = {
      ...poolSpec(config, { host, place, cluster }),
      commandTimeoutMs: PROBE_TIMEOUT_MS,
      // Out of the reserve: a database whose connections are all in use is not a sick one.
      isBudgeted: false,
    }
    await using lease = await pools.lease(spec, PROBE)
    await lease.connection.ping(PROBE_TIMEOUT_MS)
    return { cluster, healthy: true, latency_ms: Date.now() - started }
  } catch (error) {
    return { cluster, healthy: false, latency_ms: Date.now() - started, code: toProblem(error).code }
  }
}
