import { DurableObject } from 'cloudflare:workers'
import { configOf, maxConnectionsOf } from '../config.ts'
import type { Env } from '../env.ts'
import { systemClock } from '../pools/clock.ts'
import type { ReportedCounters } from '../pools/counters.ts'
import type { Pauses } from '../pools/pauses.ts'
import type { Cluster } from '../pools/statistics.ts'
import { EventStore } from '../telemetry/event-store.ts'
import { log } from '../telemetry/log.ts'
import { recentEvents } from '../telemetry/recent-events.ts'
import { Sampler } from '../telemetry/sampler.ts'
import { Adviser } from './adviser.ts'
import { ClusterBudget } from './cluster-budget.ts'
import { Fleet } from './fleet.ts'
import type { Claim, ClaimAnswer, ClaimName } from './grant.ts'
import { GrantStore } from './grant-store.ts'
import { History, type Sample } from './history.ts'
import { HistoryStore } from './history-store.ts'
import { PauseStore } from './pause-store.ts'
import { RecommendationStore } from './recommendation-store.ts'
import type { ClusterView, HostReport, PauseReceipt, ReportReceipt, StrategyAdvice } from './report.ts'
import { ShownStore } from './shown-store.ts'

/** Events of its own isolate that a Ledger takes in with one report. */
const OWN_EVENTS = 20
/** A host's unchanged state is written to storage this often; what matters is written at once. */
const REWRITE_MS = 60_000

/**
 * One per cluster, named after it. Grants the cluster's connections to the pools of all hosts; keeps the last report of
 * every host, so that statistics of the whole fleet are one call away, and keeps counting when hosts come and go; keeps
 * what is paused on the cluster, its last 15 minutes and its latest events; one of them says where the fleet's tenants
 * are best placed. What it knows survives its own resets in SQLite.
 */
export class Ledger extends DurableObject<Env> {
  readonly #sql: SqlStorage
  readonly #fleet: Fleet
  readonly #pauses: PauseStore
  readonly #shown: ShownStore
  readonly #budget: ClusterBudget
  readonly #adviser: Adviser
  readonly #events: EventStore
  readonly #historyStore: HistoryStore
  readonly #history: History
  readonly #writtenAt = new Map<string, number>()
  readonly #denials = new Sampler()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS hosts (host TEXT PRIMARY KEY, report TEXT NOT NULL, at INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS past (id INTEGER PRIMARY KEY CHECK (id = 1), counters TEXT NOT NULL);`)
    this.#fleet = this.#load()
    this.#pauses = new PauseStore(this.#sql)
    this.#events = new EventStore(this.#sql)
    this.#historyStore = new HistoryStore(this.#sql)
    this.#history = new History(this.#historyStore.load())
    this.#shown = new ShownStore(this.#sql)
    this.#budget = new ClusterBudget({
      clock: systemClock,
      store: new GrantStore(this.#sql),
      configured: () => {
        const result = configOf(env)
        return result.ok ? maxConnectionsOf(result.config, this.#cluster) : undefined
      },
      recall: (host, recall) => env.POOL_HOST.getByName(host).recall(this.#cluster, recall),
      onDenied: () => this.#logExhausted(),
      onLimit: (from, to, source) =>
        log({ event: 'ledger.limit_changed', cluster: this.#cluster, from, to, source }),
    })
    this.#adviser = new Adviser({
      clock: systemClock,
      store: new RecommendationStore(this.#sql),
      countHere: () => this.activeTenants(),
      countOn: (cluster) => env.LEDGER.getByName(cluster).activeTenants(),
      onChange: (from, to, activeTenants) =>
        log({ event: 'strategy.changed', from, to, active_tenants: activeTenants }),
    })
  }

  /** Connections for a pool, or size 0 where there is none within a second; see `Claims.claim`. */
  claim(claim: Claim): Promise<ClaimAnswer> {
    return this.#budget.claim(claim)
  }

  /** A pool gives back all but `size` connections; see `Claims.giveBack`. */
  giveBack(name: ClaimName, size: number, revision: number): void {
    this.#budget.giveBack(name, size, revision)
  }

  /** How many connections the server takes, by its own account; `null` where it does not tell. */
  learnMax(max: number | null): void {
    this.#budget.learnMax(max)
  }

  /** Takes a host's report; the answer says when the next one is wanted. */
  report(report: HostReport): ReportReceipt {
    const now = Date.now()
    const sum = (at: number) => this.#fleet.connections(at)
    const settled = this.#history.settle(now, sum)
    const previous = this.#fleet.record(report, now)
    this.#historyStore.put(settled, this.#history.begin(now, sum))
    this.#events.add([...(report.events ?? []), ...recentEvents.take(OWN_EVENTS)])
    const sameLife = previous?.report.instance === report.instance
    const sameState = previous && stateOf(previous.report) === stateOf(report)
    if (!sameLife) this.#writePast()
    if (!sameLife || !sameState || now - (this.#writtenAt.get(report.host) ?? 0) >= REWRITE_MS) {
      this.#write(report, now)
      this.#forget(now)
    }
    return {
      nextReportMs: this.#fleet.reportInterval(),
      pauseRevision: this.#pauses.pauses.revision,
      ...this.#budget.renew(report),
    }
  }

  /** What is known of the cluster now. */
  view(cluster: Cluster): ClusterView {
    const now = Date.now()
    return {
      cluster,
      hosts: this.#fleet.hosts(now),
      counters: this.#shown.atLeast(this.#fleet.counters()),
      activeTenants: this.#fleet.activeTenants(now),
      pauses: this.#pauses.pauses,
      budget: this.#budget.view(),
      events: this.#events.latest(),
    }
  }

  /** The cluster's connections over the last 15 minutes, the oldest first. */
  history(): readonly Sample[] {
    return this.#history.samples(Date.now(), (at) => this.#fleet.connections(at))
  }

  /** As `view`, for who compares with what it was shown before: what the counters say now is kept, whatever happens. */
  scrape(cluster: Cluster): ClusterView {
    const view = this.view(cluster)
    this.#shown.keep(view.counters)
    return view
  }

  /** Distinct tenants with a request on this cluster in the last five minutes. */
  activeTenants(): number {
    return this.#fleet.activeTenants(Date.now())
  }

  /**
   * What the strategy `auto` would choose for this cluster and `others` together. One Ledger of a deployment is asked,
   * so that there is one answer for the whole fleet. Throws as `Adviser.advise`.
   */
  advise(others: readonly Cluster[]): Promise<StrategyAdvice> {
    return this.#adviser.advise(others)
  }

  /** What is paused now. */
  pauses(): Pauses {
    return this.#pauses.pauses
  }

  /**
   * Pauses a tenant, or the fleet for `null`. A host that reported before is in the answer; one that reports after, or
   * asks what is paused, hears of it then: none is missed.
   */
  pause(tenant: string | null): PauseReceipt {
    this.#pauses.pause(tenant, Date.now())
    return this.#pauseReceipt(tenant)
  }

  /** Ends the pause of a tenant, or of the fleet for `null`. */
  resume(tenant: string | null): PauseReceipt {
    this.#pauses.resume(tenant)
    return this.#pauseReceipt(tenant)
  }

  #pauseReceipt(tenant: string | null): PauseReceipt {
    return { pauses: this.#pauses.pauses, hosts: this.#fleet.concernedHosts(tenant, Date.now()) }
  }

  get #cluster(): Cluster {
    return this.ctx.id.name as Cluster
  }

  #logExhausted(): void {
    const denials = this.#denials.count('claims', Date.now())
    if (denials === undefined) return
    const { limit, granted, waiting } = this.#budget.view()
    log({ event: 'ledger.exhausted', cluster: this.#cluster, denials, limit, granted, waiting })
  }

  #load(): Fleet {
    const rows = this.#sql.exec<{ report: string; at: number }>('SELECT report, at FROM hosts').toArray()
    const past = this.#sql.exec<{ counters: string }>('SELECT counters FROM past').toArray()[0]
    return new Fleet({
      entries: rows.map(({ report, at }) => ({ report: JSON.parse(report) as HostReport, at })),
      past: past ? (JSON.parse(past.counters) as ReportedCounters) : {},
    })
  }

  #write(report: HostReport, now: number): void {
    this.#writtenAt.set(report.host, now)
    this.#sql.exec(
      'INSERT OR REPLACE INTO hosts (host, report, at) VALUES (?, ?, ?)',
      report.host,
      JSON.stringify(stored(report)),
      now,
    )
  }

  #writePast(): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO past (id, counters) VALUES (1, ?)',
      JSON.stringify(this.#fleet.past),
    )
  }

  #forget(now: number): void {
    const hosts = this.#fleet.forgetSilent(now)
    if (hosts.length === 0) return
    this.#writePast()
    for (const host of hosts) {
      this.#writtenAt.delete(host)
      this.#sql.exec('DELETE FROM hosts WHERE host = ?', host)
    }
  }
}

/** Grants and events have tables of their own. */
function stored({ grants, claiming, seenRevision, events, ...report }: HostReport): HostReport {
  return report
}

/**
 * Which pools a report has, in which state, and whether it holds requests back: what must not be lost when the object
 * is reset, because who is to be told of a change follows from it.
 */
function stateOf({ pools, held = 0 }: HostReport): string {
  return [held > 0, ...pools.map((pool) => `${pool.key}:${pool.state}`)].join(' ')
}
