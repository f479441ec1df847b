import type { ClusterView } from '../../ledger/report.ts'
import type { EdgeCounts } from '../../meter/delivery.ts'
import type { Family } from '../../telemetry/family.ts'
import { clusterFamilies } from './cluster-families.ts'
import { edgeFamilies } from './edge-families.ts'
import { healthFamilies, type Services } from './health-families.ts'
import { poolFamilies } from './pool-families.ts'

/** What metrics are made of. */
export interface Measured {
  readonly clusters: readonly ClusterView[]
  readonly counts: EdgeCounts
  /** Whether they answer. */
  readonly services: Services
  /** Tenants whose pools are metrics of their own. */
  readonly tenantLabels: number
}

/** Every metric there is, those too that have no value now. */
export function allFamilies({ clusters, counts, services, tenantLabels }: Measured): Family[] {
  return [
    ...poolFamilies(clusters, tenantLabels),
    ...clusterFamilies(clusters),
    ...edgeFamilies(counts),
    ...healthFamilies(services),
  ]
}
