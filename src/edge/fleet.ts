import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { CLUSTER_OF, clustersOf } from '../host/specs.ts'
import type { ClusterView } from '../ledger/report.ts'
import type { Cluster } from '../pools/statistics.ts'

/** What the Ledgers of this deployment's clusters know: one call each, however many hosts there are. */
export function readFleet(env: Env, config: Config): Promise<ClusterView[]> {
  return Promise.all(clustersOf(config).map((cluster) => env.LEDGER.getByName(cluster).view(cluster)))
}

/** The same for who compares with what it was shown before: no counter is ever less than in an earlier scrape. */
export function scrapeFleet(env: Env, config: Config): Promise<ClusterView[]> {
  return Promise.all(clustersOf(config).map((cluster) => env.LEDGER.getByName(cluster).scrape(cluster)))
}

/** The clusters on which tenants live: what is paused is kept in the Ledger of each. */
export function tenantClusters(config: Config): Cluster[] {
  return clustersOf(config).filter((cluster) => Object.values(CLUSTER_OF).includes(cluster))
}
