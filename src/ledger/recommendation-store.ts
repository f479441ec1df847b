import type { Strategy } from '../tenants/strategy.ts'
import type { Recommendation } from './recommendation.ts'

/** The last recommendation, in the Ledger's storage: what follows depends on it, so it outlives the object. */
export class RecommendationStore {
  readonly #sql: SqlStorage
  #last: Recommendation | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS recommendation (
        id INTEGER PRIMARY KEY CHECK (id = 1), strategy TEXT NOT NULL, since INTEGER NOT NULL, small_since INTEGER);`)
    const [row] = sql
      .exec<{ strategy: Strategy; since: number; small_since: number | null }>(
        'SELECT strategy, since, small_since FROM recommendation',
      )
      .toArray()
    this.#last = row && { strategy: row.strategy, since: row.since, smallSince: row.small_since }
  }

  get last(): Recommendation | undefined {
    return this.#last
  }

  /** Keeps `next`; writes only when it is another one. */
  keep(next: Recommendation): void {
    if (next === this.#last) return
    this.#last = next
    this.#sql.exec(
      'INSERT OR REPLACE INTO recommendation (id, strategy, since, small_since) VALUES (1, ?, ?, ?)',
      next.strategy,
      next.since,
      next.smallSince,
    )
  }
}
