import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { clustersOf } from '../host/specs.ts'
import type { ClusterView } from '../ledger/report.ts'

/** What the Ledgers of this deployment's clusters know: one call each, however many hosts there are. */
export function readFleet(env: Env, config: Config): Promise<ClusterView[]> {
  return Promise.all(clustersOf(config).map((cluster) => env.LEDGER.getByName(cluster).view(cluster)))
}
