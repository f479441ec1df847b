import type { CacheCounts, ClusterCounters, ReportedCounters } from '../pools/counters.ts'
import type { Pauses } from '../pools/pauses.ts'
import type { Cluster, PoolStatistics } from '../pools/statistics.ts'
import type { NotedEvent } from '../telemetry/events.ts'
import type { Strategy } from '../tenants/strategy.ts'
import type { Correction } from './claims.ts'
import type { LimitSource } from './connection-limit.ts'
import type { ClaimCounts, HeldGrant } from './grant.ts'

/** A pool as a host tells of it: an older one says less. */
export type ReportedPool = Omit<PoolStatistics, NewField> & Partial<Pick<PoolStatistics, NewField>>
type NewField = 'id' | 'tier' | 'create' | 'wait' | 'use' | 'wanted_size'

/** What a host keeps of answers, and how requests met that in its present life. */
export interface CacheStatistics extends CacheCounts {
  readonly entries: number
  readonly bytes: number
}

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
  readonly pools: readonly ReportedPool[]
  /** Everything counted in this life, of pools that are gone too. */
  readonly counters: ReportedCounters
  /** Requests that are held back because their tenants are paused. */
  readonly held?: number
  /** Tenants with a request in the last five minutes. */
  readonly active_tenants?: number
  /** Whose host it is, if it is one tenant's. */
  readonly owner?: string
  /** What the host's pools were granted, to be renewed. */
  readonly grants?: readonly HeldGrant[]
  /** Pools with a claim under way. */
  readonly claiming?: readonly string[]
  /** The newest revision of a grant that the host has heard of. */
  readonly seenRevision?: number
  /** These tenants; absent when they are too many. */
  readonly active?: readonly ActiveTenant[]
  /** Until when the host reads from the primary instead, epoch ms. */
  readonly banned_until?: number
  readonly cache?: CacheStatistics
  /** What was logged beside the host, at most 20 of it. */
  readonly events?: readonly NotedEvent[]
}

/** The hash of a tenant's id, which is shorter than the id, and the whole seconds since its last request. */
export type ActiveTenant = readonly [tenant: number, idleS: number]

/** The Ledger's answer. */
export interface ReportReceipt {
  /** How long the host is to wait before its next report, in ms: the more hosts, the longer. */
  readonly nextReportMs: number
  /** Of the last change to what is paused: a host that missed it asks for it. */
  readonly pauseRevision?: number
  /** Grants that are not as the host believes. */
  readonly grants?: readonly Correction[]
  /** Of the newest grant, whosever it is. */
  readonly grantRevision?: number
}

/** What follows from a change to what is paused. */
export interface PauseReceipt {
  readonly pauses: Pauses
  /** Hosts that have to be told. */
  readonly hosts: readonly string[]
}

/** A host as the Ledger last heard of it. */
export interface HostView {
  readonly host: string
  readonly pools: readonly ReportedPool[]
  /** Requests that are held back because their tenants are paused. */
  readonly held: number
  /** Set when the host reads from the primary instead: the cluster is a replica that failed. */
  readonly banned?: true
  /** Absent from hosts of an older version. */
  readonly cache?: CacheStatistics
  /** Epoch ms of the last report. */
  readonly reported_at: number
  /** Whether it should have reported since. */
  readonly stale: boolean
}

/** A cluster's connections. */
export interface BudgetView extends ClaimCounts {
  /** What the server takes; `null` while nobody knows. */
  readonly max: number | null
  readonly source: LimitSource
  /** What may be granted; the rest is a reserve. */
  readonly limit: number
  readonly granted: number
  /** Pools that wait for a connection. */
  readonly waiting: number
  /** Hosts that were granted connections, those too that have not reported yet. */
  readonly holders: readonly string[]
}

/** What the strategy `auto` would choose, with what it goes by. */
export interface StrategyAdvice {
  readonly strategy: Strategy
  /** Epoch ms. */
  readonly since: number
  /** Distinct tenants with a request in the last five minutes, on all clusters; `null` while one cannot be asked. */
  readonly activeTenants: number | null
}

/** What the Ledger of one cluster knows. */
export interface ClusterView {
  readonly cluster: Cluster
  readonly hosts: readonly HostView[]
  /** Of every host there ever was. */
  readonly counters: ClusterCounters
  /** Distinct tenants with a request in the last five minutes. */
  readonly activeTenants: number
  readonly pauses: Pauses
  readonly budget: BudgetView
  /** The latest 100 that hosts told of, as they came. A version before them tells of none. */
  readonly events?: readonly NotedEvent[]
}
