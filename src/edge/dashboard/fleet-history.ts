import { HEARTBEAT_MS } from '../../ledger/fleet.ts'
import { type ConnectionSums, SAMPLE_MS, type Sample } from '../../ledger/history.ts'
import type { HistorySample } from './contract.ts'

/** Hosts report what changes, and once in a heartbeat when nothing does: until then the last sample holds. */
const HOLDS_MS = HEARTBEAT_MS + SAMPLE_MS

export interface ClusterHistory {
  /** What people call it. */
  readonly cluster: string
  /** The oldest first. */
  readonly samples: readonly Sample[]
}

/** The clusters' histories as one: a sample for every moment at which any of them has one. */
export function fleetHistory(histories: readonly ClusterHistory[]): HistorySample[] {
  const moments = new Set(histories.flatMap(({ samples }) => samples.map(({ at }) => at)))
  return [...moments]
    .sort((a, b) => a - b)
    .map((at) => {
      const clusters: Record<string, ConnectionSums> = {}
      const sums = { used: 0, free: 0, waiting: 0 }
      for (const { cluster, samples } of histories) {
        const known = samples.findLast((sample) => sample.at <= at && at - sample.at <= HOLDS_MS)
        if (!known) continue
        const { used, free, waiting } = known
        clusters[cluster] = { used, free, waiting }
        sums.used += used
        sums.free += free
        sums.waiting += waiting
      }
      return { at, clusters, ...sums }
    })
}
