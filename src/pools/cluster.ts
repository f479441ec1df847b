/** A Postgres read replica: the only one, or one of several, counted from 1. */
export type ReplicaCluster = 'postgres-replica' | `postgres-replica-${number}`

/** A database server with a connection budget of its own. */
export type Cluster = 'postgres' | ReplicaCluster | 'mongo'

/** The clusters of `count` replicas. */
export function replicaClusters(count: number): ReplicaCluster[] {
  if (count === 1) return ['postgres-replica']
  return Array.from({ length: count }, (_, n): ReplicaCluster => `postgres-replica-${n + 1}`)
}

export function isReplica(cluster: Cluster): cluster is ReplicaCluster {
  return cluster.startsWith('postgres-replica')
}

/** What a cluster is called where people look at it: `primary`, `replica` or `replica-1`, `mongo`. */
export function clusterName(cluster: Cluster): string {
  if (cluster === 'postgres') return 'primary'
  return isReplica(cluster) ? cluster.slice('postgres-'.length) : cluster
}
