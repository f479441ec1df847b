import type { Config } from '../config.ts'
import type { LeaseRequest } from '../pools/candidate.ts'
import type { PoolSpec } from '../pools/pool-spec.ts'
import type { Cluster } from '../pools/statistics.ts'
import { Problem } from '../problem.ts'
import type { EngineName, Tenant } from '../tenants/tenant.ts'
import type { PoolPlace } from './call.ts'

/** The cluster on which an engine's tenants live. */
export const CLUSTER_OF: Readonly<Record<EngineName, Cluster>> = { postgres: 'postgres', mongo: 'mongo' }

/**
 * Describes a pool on `cluster` in the words of this deployment. Throws `database_unavailable` without a URL.
 * @param where `ownUrl` is the connection string that a tenant brought for a pool of its own
 */
export function poolSpec(
  config: Config,
  where: { host: string; place: PoolPlace; cluster: Cluster; ownUrl?: string | undefined },
): PoolSpec {
  const { host, place, cluster } = where
  const { pool, postgres } = config
  const engine: EngineName = cluster === 'mongo' ? 'mongo' : 'postgres'
  const clusterUrls = {
    postgres: postgres.primaryUrl,
    'postgres-replica': postgres.replicaUrl,
    mongo: config.mongoUri,
  }
  const url = where.ownUrl ?? clusterUrls[cluster]
  if (url === undefined) throw new Problem('database_unavailable')
  return {
    ...place,
    // A version of the edge before budgets tells no weight.
    weight: place.weight ?? 1,
    cluster,
    isBudgeted: where.ownUrl === undefined,
    target: { engine, url, ...(engine === 'postgres' && { wsProxy: postgres.wsProxy }) },
    commandTimeoutMs: pool.commandTimeoutMs,
    maxIdleMs: pool.maxIdleMs,
    maxUses: pool.maxQueries,
    appName: `rockpool/${host}`,
  }
}

/** What a tenant's tier entitles it to, in the words of admission. */
export function leaseRequest({ pool, tiers }: Config, tenant: Tenant): LeaseRequest {
  const { size, weight } = tiers[tenant.tier]
  return { tenant: tenant.id, share: size, weight, maxWaiting: pool.maxWaiting, timeoutMs: pool.timeoutMs }
}

/** The clusters that this deployment has. */
export function clustersOf(config: Config): Cluster[] {
  const clusters: Cluster[] = []
  if (config.postgres.primaryUrl) clusters.push('postgres')
  if (config.postgres.replicaUrl) clusters.push('postgres-replica')
  if (config.mongoUri) clusters.push('mongo')
  return clusters
}
