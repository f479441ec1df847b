import type { Deadlines } from '../deadlines.ts'
import type { Target } from '../engines/engine.ts'
import type { Tier } from '../tenants/tenant.ts'
import type { Breaker } from './breaker.ts'
import type { Clock } from './clock.ts'
import type { LeaseNotice } from './command-meter.ts'
import type { OpeningGate } from './opening-gate.ts'
import type { Quota } from './quota.ts'
import type { Cluster } from './statistics.ts'
import type { PoolTally } from './tally.ts'

/** What a pool is for and how large it may get. Times in milliseconds. */
export interface PoolSpec {
  /** Unique in its host. */
  readonly key: string
  /** Whose pool it is; `null` when tenants share it. */
  readonly tenant: string | null
  /** That tenant's, as the pool was opened. */
  readonly tier?: Tier | null
  readonly cluster: Cluster
  /** Whether its connections come out of the cluster's budget. */
  readonly isBudgeted: boolean
  readonly target: Target
  readonly minSize: number
  /** Connections that it is to have when there are enough; it may be granted fewer. */
  readonly maxSize: number
  /** How much of a short budget it gets, against other pools' weights. */
  readonly weight: number
  readonly commandTimeoutMs: number
  readonly maxIdleMs: number
  readonly maxUses: number
  readonly appName: string
}

/** What a pool needs from the cache that holds it. */
export interface PoolSurroundings {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly gate: OpeningGate
  readonly breaker: Breaker
  readonly quota: Quota
  readonly lifetime: () => number
  readonly slowQueryMs: number
  readonly tally: PoolTally
  /** Something that statistics show has changed. */
  changed(): void
  /** Something worth telling has happened to a request. */
  notify(notice: LeaseNotice): void
}
