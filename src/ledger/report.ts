import type { Cluster, PoolCounters, PoolStatistics } from '../pools/statistics.ts'

/**
 * What a pool host tells the Ledger of one cluster. Worker, hosts and Ledger can run different versions for minutes
 * after a deploy (developers.cloudflare.com/durable-objects/platform/known-issues), so fields are only ever added,
 * and a reader takes a missing one as absent.
 */
export interface HostReport {
  readonly host: string
  /** Which life of the host speaks: its counters start at zero in each. */
  readonly instance: string
  readonly cluster: Cluster
  readonly pools: readonly PoolStatistics[]
  /** Everything counted in this life, of pools that are gone too. */
  readonly counters: PoolCounters
}

/** The Ledger's answer. */
export interface ReportReceipt {
  /** How long the host is to wait before its next report, in ms: the more hosts, the longer. */
  readonly nextReportMs: number
}

/** A host as the Ledger last heard of it. */
export interface HostView {
  readonly host: string
  readonly pools: readonly PoolStatistics[]
  /** Epoch ms of the last report. */
  readonly reported_at: number
  /** Whether it should have reported since. */
  readonly stale: boolean
}

/** What the Ledger of one cluster knows. */
export interface ClusterView {
  readonly cluster: Cluster
  readonly hosts: readonly HostView[]
  /** Of every host there ever was. */
  readonly counters: PoolCounters
}
