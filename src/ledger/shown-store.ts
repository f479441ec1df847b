import {
  type ClusterCounters,
  largestCounters,
  NO_COUNTERS,
  type ReportedCounters,
} from '../pools/counters.ts'

/**
 * The counters that were shown last, in the Ledger's storage. Hosts' counters are written once a minute, so a reset
 * takes the Ledger back by as much; whoever was shown more must not see less (a scraper takes a counter that went
 * backwards for one that began again).
 */
export class ShownStore {
  readonly #sql: SqlStorage
  #shown: ClusterCounters

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(
      'CREATE TABLE IF NOT EXISTS shown (id INTEGER PRIMARY KEY CHECK (id = 1), counters TEXT NOT NULL)',
    )
    const [row] = sql.exec<{ counters: string }>('SELECT counters FROM shown').toArray()
    this.#shown = largestCounters(NO_COUNTERS, row ? (JSON.parse(row.counters) as ReportedCounters) : {})
  }

  /** `counters`, none of them less than was shown. */
  atLeast(counters: ClusterCounters): ClusterCounters {
    return largestCounters(counters, this.#shown)
  }

  /** Keeps what is about to be shown; writes only what is new. */
  keep(counters: ClusterCounters): void {
    const text = JSON.stringify(counters)
    if (text === JSON.stringify(this.#shown)) return
    this.#shown = counters
    this.#sql.exec('INSERT OR REPLACE INTO shown (id, counters) VALUES (1, ?)', text)
  }
}
