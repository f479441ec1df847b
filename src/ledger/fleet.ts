import { addCounters, type ClusterCounters, NO_COUNTERS, type ReportedCounters } from '../pools/counters.ts'
import { ACTIVE_MS, ActiveTenants } from './active-tenants.ts'
import type { ConnectionSums } from './history.ts'
import type { HostReport, HostView } from './report.ts'

/** A host with open pools reports at least this often. */
export const HEARTBEAT_MS = 30_000
/** Silence after which a host's numbers are shown as stale: three reports missed. */
const STALE_MS = 3 * HEARTBEAT_MS
/** Silence after which a host is forgotten: no connection outlives it (an outbound one lasts 15 minutes at most). */
const FORGET_MS = 20 * 60_000
/** The Ledger takes about 100 reports a second: a tenth of what an object can answer. */
const MS_PER_HOST = 10
const SHORTEST_INTERVAL_MS = 250

/** A report and when it came in. */
export interface Entry {
  readonly report: HostReport
  readonly at: number
}

/** What goes into the Ledger's storage. */
export interface FleetState {
  readonly entries: readonly Entry[]
  /** Counters of hosts, and of lives of hosts, that are gone. */
  readonly past: ReportedCounters
}

/** The last report of every host of a cluster, and totals that never go backwards. Pure: time is passed in. */
export class Fleet {
  readonly #entries: Map<string, Entry>
  readonly #active = new ActiveTenants()
  #past: ClusterCounters

  constructor(state: FleetState = { entries: [], past: NO_COUNTERS }) {
    this.#entries = new Map(state.entries.map((entry) => [entry.report.host, entry]))
    for (const { report, at } of state.entries) this.#active.note(report, at)
    // An older version has stored less.
    this.#past = addCounters(NO_COUNTERS, state.past)
  }

  /** Pure counters of the past, for storage. */
  get past(): ClusterCounters {
    return this.#past
  }

  /** Takes a report in and returns the one it replaces. */
  record(report: HostReport, now: number): Entry | undefined {
    const previous = this.#entries.get(report.host)
    if (previous && previous.report.instance !== report.instance) this.#retire(previous)
    this.#entries.set(report.host, { report, at: now })
    this.#active.note(report, now)
    return previous
  }

  /** Forgets hosts that have been silent for long, keeping what they counted; returns their names. */
  forgetSilent(now: number): string[] {
    this.#active.forget(now)
    const silent = [...this.#entries.values()].filter((entry) => now - entry.at > FORGET_MS)
    for (const entry of silent) {
      this.#retire(entry)
      this.#entries.delete(entry.report.host)
    }
    return silent.map((entry) => entry.report.host)
  }

  /** Hosts with pools, with requests that are held back, or with a ban. */
  hosts(now: number): HostView[] {
    return [...this.#entries.values()]
      .filter(({ report, at }) => {
        const isShown = report.pools.length + heldOf(report) > 0 || isBanned(report, now)
        return isShown && now - at <= FORGET_MS
      })
      .map(({ report, at }) => ({
        host: report.host,
        pools: report.pools,
        held: heldOf(report),
        ...(isBanned(report, now) && { banned: true as const }),
        ...(report.cache && { cache: report.cache }),
        reported_at: at,
        stale: now - at > STALE_MS,
      }))
  }

  /**
   * Names of the hosts that a pause of `tenant` concerns, or with `null` one of the fleet: those where the tenant has a
   * pool of its own or may have one with others, and those that hold back requests.
   */
  concernedHosts(tenant: string | null, now: number): string[] {
    return this.hosts(now)
      .filter(({ pools, held }) => {
        if (tenant === null || held > 0) return true
        return pools.some((pool) => pool.tenant === null || pool.tenant === tenant)
      })
      .map(({ host }) => host)
  }

  /**
   * Distinct tenants with a request in the last five minutes, on however many hosts. Of a host that has more than it
   * lists only the number is known, so a tenant of such a host that also runs elsewhere counts on both.
   */
  activeTenants(now: number): number {
    let unlisted = 0
    for (const { report, at } of this.#entries.values()) {
      const { active, active_tenants = 0, owner } = report
      if (!active && owner === undefined && now - at <= ACTIVE_MS) unlisted += active_tenants
    }
    return this.#active.count(now) + unlisted
  }

  /** The connections of all hosts that still report. */
  connections(now: number): ConnectionSums {
    const sums = { used: 0, free: 0, waiting: 0 }
    for (const host of this.hosts(now)) {
      if (host.stale) continue
      for (const { used, free, waiting } of host.pools) {
        sums.used += used
        sums.free += free
        sums.waiting += waiting
      }
    }
    return sums
  }

  counters(): ClusterCounters {
    return [...this.#entries.values()].reduce(
      (sum, { report }) => addCounters(sum, report.counters),
      this.#past,
    )
  }

  /** How long a host is to wait before its next report, in ms. */
  reportInterval(): number {
    return reportIntervalMs(this.#entries.size)
  }

  #retire(entry: Entry): void {
    this.#past = addCounters(this.#past, entry.report.counters)
  }
}

/** A report of a version before pauses does not have it. */
function heldOf(report: HostReport): number {
  return report.held ?? 0
}

/** A version before replicas does not have it. */
function isBanned({ banned_until = 0 }: HostReport, now: number): boolean {
  return banned_until > now
}

/** How long each of `hosts` hosts is to wait between two reports to one Ledger, in ms. */
export function reportIntervalMs(hosts: number): number {
  return Math.min(HEARTBEAT_MS, Math.max(SHORTEST_INTERVAL_MS, hosts * MS_PER_HOST))
}
