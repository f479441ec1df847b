import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { type Cluster, NO_COUNTERS, type PoolCounters } from '../pools/statistics.ts'
import { Fleet } from './fleet.ts'
import type { ClusterView, HostReport, ReportReceipt } from './report.ts'

/** A host's unchanged pools are written to storage this often; what matters is written at once. */
const REWRITE_MS = 60_000

/**
 * One per cluster, named after it. Keeps the last report of every pool host, so that statistics of the whole fleet are
 * one call away, and keeps counting when hosts come and go. What it knows survives its own resets in SQLite.
 */
export class Ledger extends DurableObject<Env> {
  readonly #sql: SqlStorage
  readonly #fleet: Fleet
  readonly #writtenAt = new Map<string, number>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS hosts (host TEXT PRIMARY KEY, report TEXT NOT NULL, at INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS past (id INTEGER PRIMARY KEY CHECK (id = 1), counters TEXT NOT NULL);`)
    this.#fleet = this.#load()
  }

  /** Takes a host's report; the answer says when the next one is wanted. */
  report(report: HostReport): ReportReceipt {
    const now = Date.now()
    const previous = this.#fleet.record(report, now)
    const sameLife = previous?.report.instance === report.instance
    const samePools = previous && poolsOf(previous.report) === poolsOf(report)
    if (!sameLife) this.#writePast()
    if (!sameLife || !samePools || now - (this.#writtenAt.get(report.host) ?? 0) >= REWRITE_MS) {
      this.#write(report, now)
      this.#forget(now)
    }
    return { nextReportMs: this.#fleet.reportInterval() }
  }

  /** What is known of the cluster now. */
  view(cluster: Cluster): ClusterView {
    return { cluster, hosts: this.#fleet.hosts(Date.now()), counters: this.#fleet.counters() }
  }

  #load(): Fleet {
    const rows = this.#sql.exec<{ report: string; at: number }>('SELECT report, at FROM hosts').toArray()
    const past = this.#sql.exec<{ counters: string }>('SELECT counters FROM past').toArray()[0]
    return new Fleet({
      entries: rows.map(({ report, at }) => ({ report: JSON.parse(report) as HostReport, at })),
      past: { ...NO_COUNTERS, ...(past && (JSON.parse(past.counters) as PoolCounters)) },
    })
  }

  #write(report: HostReport, now: number): void {
    this.#writtenAt.set(report.host, now)
    this.#sql.exec(
      'INSERT OR REPLACE INTO hosts (host, report, at) VALUES (?, ?, ?)',
      report.host,
      JSON.stringify(report),
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

/** Which pools a report has, and in which state: what must not be lost when the object is reset. */
function poolsOf(report: HostReport): string {
  return report.pools.map((pool) => `${pool.key}:${pool.state}`).join(' ')
}
