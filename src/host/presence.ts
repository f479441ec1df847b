import type { HostReport, ReportReceipt } from '../ledger/report.ts'
import type { PoolCache } from '../pools/cache.ts'
import type { Clock } from '../pools/clock.ts'
import { NO_POOL_COUNTERS } from '../pools/counters.ts'
import { PauseGate } from '../pools/pause-gate.ts'
import type { Pauses } from '../pools/pauses.ts'
import type { Cluster } from '../pools/statistics.ts'
import type { RecentEvents } from '../telemetry/recent-events.ts'
import { type ClaimCalls, Grants, type GrantsOptions } from './grants.ts'
import { LastSeen } from './last-seen.ts'
import { QueryCache, type QueryCacheOptions } from './queries/query-cache.ts'

/** How many events go with one report: the rest with the next. */
const EVENTS_PER_REPORT = 20

/** What a host asks of a cluster's Ledger. */
export interface LedgerCalls extends ClaimCalls {
  report(report: HostReport): Promise<ReportReceipt>
  pauses(): Promise<Pauses>
}

export interface PresenceOptions
  extends Pick<GrantsOptions, 'host' | 'instance' | 'onAsked' | 'onUnreachable'> {
  readonly cluster: Cluster
  readonly pools: Pick<PoolCache, 'statistics' | 'counters' | 'hasPools' | 'grant' | 'recall'>
  readonly clock: Clock
  readonly queries: Omit<QueryCacheOptions, 'clock' | 'onChange'>
  /** The cluster's Ledger. A new stub for each call: one that threw is of no more use. */
  readonly ledger: () => LedgerCalls
  /** When the host's ban of the cluster ends, epoch ms; `undefined` when there is none. */
  readonly bannedUntil: () => number | undefined
  /** What was logged in this isolate. */
  readonly events: Pick<RecentEvents, 'take' | 'putBack'>
  /** Called when something that the Ledger is to know has changed. */
  readonly onChange: () => void
}

/** What one life of a host is to one cluster: what it tells the cluster's Ledger, and what it hears from there. */
export class Presence {
  readonly gate: PauseGate
  readonly grants: Grants
  /** Answers from the cluster's databases. */
  readonly queries: QueryCache
  readonly #options: PresenceOptions
  readonly #lastSeen = new LastSeen()
  #owner: string | null = null
  /** Whether the Ledger knows of pools here, and so tells this host of changes. */
  #isKnown = false

  constructor(options: PresenceOptions) {
    const { cluster, clock, ledger, onChange, pools } = options
    this.#options = options
    this.grants = new Grants(options)
    this.queries = new QueryCache({ ...options.queries, clock, onChange })
    this.gate = new PauseGate({
      clock,
      onChange,
      read: () => ledger().pauses(),
      isReported: () => this.#isKnown && pools.hasPools(cluster),
    })
  }

  /**
   * Notes a request. On the hot path.
   * @param owner whose pool it is to run on; `null` when tenants share it
   */
  touch(tenant: string, owner: string | null): void {
    this.#owner = owner
    this.#lastSeen.touch(tenant, this.#options.clock.now())
  }

  /** Whether it has pools that the Ledger does not know of: it would not be told of a change. On the hot path. */
  get isUnknown(): boolean {
    return !this.#isKnown && this.#options.pools.hasPools(this.#options.cluster)
  }

  /** Tells the Ledger the state of this moment. Throws when it cannot be reached. */
  async report(): Promise<ReportReceipt> {
    const { bannedUntil, cluster, clock, events, host, instance, ledger, pools } = this.#options
    const now = clock.now()
    const active = this.#lastSeen.listActive(now)
    const banned = bannedUntil()
    const cache = this.queries.statistics()
    const told = pools.statistics().filter((pool) => pool.cluster === cluster)
    const { cache_hits, cache_misses, cache_bypasses } = cache
    const noted = events.take(EVENTS_PER_REPORT)
    const report: HostReport = {
      host,
      instance,
      cluster,
      pools: told,
      counters: {
        ...(pools.counters().get(cluster) ?? NO_POOL_COUNTERS),
        cache_hits,
        cache_misses,
        cache_bypasses,
      },
      cache,
      held: this.gate.held,
      active_tenants: this.#lastSeen.countActive(now),
      ...(this.#owner !== null && { owner: this.#owner }),
      ...this.grants.holdings(),
      ...(active && { active }),
      ...(banned !== undefined && { banned_until: banned }),
      ...(noted.length > 0 && { events: noted }),
    }
    let receipt: ReportReceipt
    try {
      receipt = await ledger().report(report)
    } catch (error) {
      events.putBack(noted)
      throw error
    }
    this.#isKnown = told.length > 0
    this.grants.correct(receipt.grants ?? [], receipt.grantRevision ?? 0)
    // A change that was made before the Ledger had heard of this host was pushed to others only.
    if (this.gate.isBehind(receipt.pauseRevision ?? 0)) this.applyPauses(await ledger().pauses())
    return receipt
  }

  /** Takes in what is paused. Data may have been moved or changed meanwhile, so nothing is answered from before. */
  applyPauses(pauses: Pauses): void {
    this.gate.apply(pauses)
    this.queries.clear()
  }
}
