import type { Config } from '../config.ts'
import type { LeaseRequest } from '../pools/candidate.ts'
import { type Cluster, clusterName, type ReplicaCluster } from '../pools/cluster.ts'
import type { PoolSpec } from '../pools/pool-spec.ts'
import { Problem } from '../problem.ts'
import { canonicalHost, isPublicHost } from '../tenants/address.ts'
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
  const { pool } = config
  const engine: EngineName = cluster === 'mongo' ? 'mongo' : 'postgres'
  const server = serverOf(config, cluster)
  const url = where.ownUrl ?? server.url
  if (url === undefined) throw new Problem('database_unavailable')
  return {
    ...place,
    // A version of the edge before budgets tells no weight.
    weight: place.weight ?? 1,
    cluster,
    isBudgeted: where.ownUrl === undefined,
    target: { engine, url, ...(engine === 'postgres' && { wsProxy: proxyOf(server, where.ownUrl) }) },
    commandTimeoutMs: pool.commandTimeoutMs,
    maxIdleMs: pool.maxIdleMs,
    maxUses: pool.maxQueries,
    appName: `rockpool/${host}`,
  }
}

/** A cluster's server: its connection string, and on Postgres the proxy before it, if there is one. */
interface Server {
  readonly url: string | undefined
  readonly wsProxy?: string | undefined
}

function serverOf({ mongoUri, postgres }: Config, cluster: Cluster): Server {
  if (cluster === 'mongo') return { url: mongoUri }
  if (cluster === 'postgres') return { url: postgres.primaryUrl, wsProxy: postgres.wsProxy }
  return postgres.replicas.find((replica) => replica.cluster === cluster) ?? { url: undefined }
}

/**
 * The proxy for a tenant's own database, or without one for the cluster's. An own database is behind it that is on the
 * cluster's server, or private: such a one serves no WebSockets by itself. All others are Neon's, and are not to meet a
 * proxy that stands before another server.
 */
function proxyOf({ url, wsProxy }: Server, ownUrl: string | undefined): string | undefined {
  if (ownUrl === undefined || !isPublicHost(new URL(ownUrl).hostname)) return wsProxy
  return url !== undefined && addressOf(ownUrl) === addressOf(url) ? wsProxy : undefined
}

const POSTGRES_PORT = 5432

function addressOf(url: string): string {
  const { hostname, port } = new URL(url)
  return `${canonicalHost(hostname)}:${port || POSTGRES_PORT}`
}

/** A tenant's pool on a replica: as large as the one on the primary. */
export function replicaPlace(place: PoolPlace, cluster: ReplicaCluster): PoolPlace {
  return { ...place, key: `${place.key}@${clusterName(cluster)}` }
}

/** The keys of what `replicaPlace` makes of a place with that key. */
export function replicaKeys({ postgres }: Config, key: string): string[] {
  return postgres.replicas.map(({ cluster }) => `${key}@${clusterName(cluster)}`)
}

/** How long a read waits for a connection to a replica, in ms: there is the primary to go to. */
const REPLICA_WAIT_MS = 1_000

export function replicaRequest(request: LeaseRequest): LeaseRequest {
  return { ...request, timeoutMs: Math.min(request.timeoutMs, REPLICA_WAIT_MS) }
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
  clusters.push(...config.postgres.replicas.map(({ cluster }) => cluster))
  if (config.mongoUri) clusters.push('mongo')
  return clusters
}
