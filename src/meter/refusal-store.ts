import type { Refusals } from './delivery.ts'

/** How long a refusal is shown, in minutes. */
const SHOWN_MINUTES = 15
const MOST_SHOWN = 100
const MINUTE_MS = 60_000

/** Which tenants were refused lately, in the Meter's storage: a row for each and minute. */
export class RefusalStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS refusals (
        minute INTEGER, tenant TEXT, policy TEXT, refused INTEGER NOT NULL, last_at INTEGER NOT NULL,
        PRIMARY KEY (minute, tenant, policy)) WITHOUT ROWID;`)
  }

  add(refused: readonly Refusals[]): void {
    for (const { tenant, policy, refused: count, last_at } of refused) {
      this.#sql.exec(
        `INSERT INTO refusals (minute, tenant, policy, refused, last_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET refused = refused + excluded.refused, last_at = max(last_at, excluded.last_at)`,
        Math.floor(last_at / MINUTE_MS),
        tenant,
        policy,
        count,
        last_at,
      )
    }
  }

  /** The tenants that were refused most. */
  lately(now: number): Refusals[] {
    return this.#sql
      .exec<{ tenant: string; policy: string; refused: number; last_at: number }>(
        `SELECT tenant, policy, sum(refused) AS refused, max(last_at) AS last_at FROM refusals WHERE minute > ?
          GROUP BY tenant, policy ORDER BY refused DESC, tenant LIMIT ?`,
        oldestMinute(now),
        MOST_SHOWN,
      )
      .toArray()
  }

  forgetOld(now: number): void {
    this.#sql.exec('DELETE FROM refusals WHERE minute <= ?', oldestMinute(now))
  }
}

function oldestMinute(now: number): number {
  return Math.floor(now / MINUTE_MS) - SHOWN_MINUTES
}
