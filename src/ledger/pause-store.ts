import type { Pauses } from '../pools/pauses.ts'

/** Stands for the whole fleet where a tenant's id stands; no tenant id is empty. */
const FLEET = ''

/** What is paused on a cluster, in the Ledger's storage: a pause ends when somebody ends it, and with nothing else. */
export class PauseStore {
  readonly #sql: SqlStorage
  #pauses: Pauses

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS pauses (tenant TEXT PRIMARY KEY, since INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS pause_revision (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);`)
    const [row] = sql.exec<{ revision: number }>('SELECT revision FROM pause_revision').toArray()
    this.#pauses = this.#load(row?.revision ?? 0)
  }

  get pauses(): Pauses {
    return this.#pauses
  }

  /** Pauses a tenant, or the fleet for `null`. What is paused already stays paused since then. */
  pause(tenant: string | null, now: number): void {
    this.#sql.exec('INSERT OR IGNORE INTO pauses (tenant, since) VALUES (?, ?)', tenant ?? FLEET, now)
    this.#changed()
  }

  /** Ends the pause of a tenant, or of the fleet for `null`. A tenant's own pause outlasts the fleet's. */
  resume(tenant: string | null): void {
    this.#sql.exec('DELETE FROM pauses WHERE tenant = ?', tenant ?? FLEET)
    this.#changed()
  }

  #changed(): void {
    const revision = this.#pauses.revision + 1
    this.#sql.exec('INSERT OR REPLACE INTO pause_revision (id, revision) VALUES (1, ?)', revision)
    this.#pauses = this.#load(revision)
  }

  #load(revision: number): Pauses {
    const rows = this.#sql
      .exec<{ tenant: string; since: number }>('SELECT tenant, since FROM pauses')
      .toArray()
    const since = new Map(rows.map((row) => [row.tenant, row.since]))
    const fleetSince = since.get(FLEET) ?? null
    since.delete(FLEET)
    return { revision, fleetSince, tenants: since }
  }
}
