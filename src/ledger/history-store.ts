import { HISTORY_MS, type Sample } from './history.ts'

/** A cluster's history in the Ledger's storage, so that a reset leaves no gap in it. */
export class HistoryStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS samples (
        at INTEGER PRIMARY KEY, used INTEGER NOT NULL, free INTEGER NOT NULL, waiting INTEGER NOT NULL)`)
  }

  load(): Sample[] {
    return this.#sql
      .exec<{ at: number; used: number; free: number; waiting: number }>(
        'SELECT at, used, free, waiting FROM samples ORDER BY at',
      )
      .toArray()
  }

  /** Writes those that there are, and deletes what is older than a history. */
  put(...samples: readonly (Sample | undefined)[]): void {
    for (const sample of samples) {
      if (!sample) continue
      const { at, used, free, waiting } = sample
      this.#sql.exec(
        'INSERT OR REPLACE INTO samples (at, used, free, waiting) VALUES (?, ?, ?, ?)',
        at,
        used,
        free,
        waiting,
      )
      this.#sql.exec('DELETE FROM samples WHERE at <= ?', at - HISTORY_MS)
    }
  }
}
