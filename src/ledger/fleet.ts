import { addCounters, NO_COUNTERS, type PoolCounters } from '../pools/statistics.ts'
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
  readonly past: PoolCounters
}

/** The last report of every host of a cluster, and totals that never go backwards. Pure: time is passed in. */
export class Fleet {
  readonly #entries: Map<string, Entry>
  #past: PoolCounters

  constructor(state: FleetState = { entries: [], past: NO_COUNTERS }) {
    this.#entries = new Map(state.entries.map((entry) => [entry.report.host, entry]))
    this.#past = state.past
  }

  /** Pure counters of the past, for storage. */
  get past(): PoolCounters {
    return this.#past
  }

  /** Takes a report in and returns the one it replaces. */
  record(report: HostReport, now: number): Entry | undefined {
    const previous = this.#entries.get(report.host)
    if (previous && previous.report.instance !== report.instance) this.#retire(previous)
    this.#entries.set(report.host, { report, at: now })
    return previous
  }

  /** Forgets hosts that have been silent for long, keeping what they counted; returns their names. */
  forgetSilent(now: number): string[] {
    const silent = [...this.#entries.values()].filter((entry) => now - entry.at > FORGET_MS)
    for (const entry of silent) {
      this.#retire(entry)
      this.#entries.delete(entry.report.host)
    }
    return silent.map((entry) => entry.report.host)
  }

  /** Hosts with pools. */
  hosts(now: number): HostView[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.report.pools.length > 0 && now - entry.at <= FORGET_MS)
      .map(({ report, at }) => ({
        host: report.host,
        pools: report.pools,
        reported_at: at,
        stale: now - at > STALE_MS,
      }))
  }

  counters(): PoolCounters {
    return [...this.#entries.values()].reduce(
      (sum, { report }) => addCounters(sum, report.counters),
      this.#past,
    )
  }

  /** How long a host is to wait before its next report, in ms. */
  reportInterval(): number {
    return Math.min(HEARTBEAT_MS, Math.max(SHORTEST_INTERVAL_MS, this.#entries.size * MS_PER_HOST))
  }

  #retire(entry: Entry): void {
    this.#past = addCounters(this.#past, entry.report.counters)
  }
}
