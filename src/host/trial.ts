import type { PoolCache } from '../pools/cache.ts'
import type { PoolSpec } from '../pools/pool-spec.ts'

/** How long a database that a tenant brought may take for its first answer, its connection included. */
const TRIAL_TIMEOUT_MS = 5_000

const TRIAL = { tenant: 'trial', share: 1, weight: 1, maxWaiting: 1, timeoutMs: TRIAL_TIMEOUT_MS }

/** One connection, one ping, and nothing of it left. Throws the problem that there is. */
export async function tryDatabase(pools: PoolCache, spec: PoolSpec): Promise<void> {
  const key = `trial:${spec.key}`
  try {
    await using lease = await pools.lease(
      { ...spec, key, minSize: 1, maxSize: 1, commandTimeoutMs: TRIAL_TIMEOUT_MS },
      TRIAL,
    )
    await lease.connection.ping(TRIAL_TIMEOUT_MS)
  } finally {
    await pools.close(key)
  }
}
