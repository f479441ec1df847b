import type { Config } from '../config.ts'
import type { PoolSpec } from '../pools/pool.ts'
import type { Cluster } from '../pools/statistics.ts'
import { Problem } from '../problem.ts'
import type { EngineName } from '../tenants/tenant.ts'

/** The cluster on which an engine's tenants live. */
export const CLUSTER_OF: Readonly<Record<EngineName, Cluster>> = { postgres: 'postgres', mongo: 'mongo' }

/** Describes a pool on `cluster` in the words of this deployment. Throws `database_unavailable` without a URL. */
export function poolSpec(
  config: Config,
  { host, key, tenant, cluster }: { host: string; key: string; tenant: string | null; cluster: Cluster },
): PoolSpec {
  const { pool, postgres } = config
  const engine: EngineName = cluster === 'mongo' ? 'mongo' : 'postgres'
  const url = {
    postgres: postgres.primaryUrl,
    'postgres-replica': postgres.replicaUrl,
    mongo: config.mongoUri,
  }[cluster]
  if (url === undefined) throw new Problem('database_unavailable')
  return {
    key,
    tenant,
    cluster,
    target: { engine, url, ...(engine === 'postgres' && { wsProxy: postgres.wsProxy }) },
    minSize: pool.minSize,
    maxSize: pool.maxSize,
    maxWaiting: pool.maxWaiting,
    commandTimeoutMs: pool.commandTimeoutMs,
    maxIdleMs: pool.maxIdleMs,
    maxUses: pool.maxQueries,
    appName: `rockpool/${host}`,
  }
}

/** The clusters that this deployment has. */
export function clustersOf(config: Config): Cluster[] {
  const clusters: Cluster[] = []
  if (config.postgres.primaryUrl) clusters.push('postgres')
  if (config.postgres.replicaUrl) clusters.push('postgres-replica')
  if (config.mongoUri) clusters.push('mongo')
  return clusters
}
