import type { ServerMax } from './connection-limit.ts'
import { type ClaimCounts, type Grant, nameOf } from './grant.ts'

/** A renewal alone is written this often; by as much the stored time of lapsing may be too early. */
const REWRITE_MS = 30_000

/** A cluster's grants in the Ledger's storage, so that a reset forgets none. */
export class GrantStore {
  readonly #sql: SqlStorage
  readonly #stored = new Map<string, Grant>()
  /** What is in the table `budget`, by name: each claim looks at it, and rows that are read are billed. */
  readonly #settings = new Map<string, unknown>()

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS grants (name TEXT PRIMARY KEY, content TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS budget (name TEXT PRIMARY KEY, content TEXT NOT NULL);`)
    const rows = sql.exec<{ name: string; content: string }>('SELECT name, content FROM budget').toArray()
    for (const { name, content } of rows) this.#settings.set(name, JSON.parse(content))
  }

  /** Every grant, with the time at which it lapses moved to where it may have been renewed to. */
  load(): Grant[] {
    const rows = this.#sql.exec<{ content: string }>('SELECT content FROM grants').toArray()
    return rows.map(({ content }) => {
      const grant = JSON.parse(content) as Grant
      this.#stored.set(nameOf(grant), grant)
      return { ...grant, expiresAt: grant.expiresAt + REWRITE_MS }
    })
  }

  put(grant: Grant): void {
    const name = nameOf(grant)
    const stored = this.#stored.get(name)
    const longer = grant.expiresAt - (stored?.expiresAt ?? 0)
    const isSame = stored?.size === grant.size && stored.revision === grant.revision
    if (isSame && longer >= 0 && longer < REWRITE_MS) return
    this.#stored.set(name, grant)
    this.#sql.exec('INSERT OR REPLACE INTO grants (name, content) VALUES (?, ?)', name, JSON.stringify(grant))
  }

  delete(grant: Grant): void {
    this.#stored.delete(nameOf(grant))
    this.#sql.exec('DELETE FROM grants WHERE name = ?', nameOf(grant))
  }

  get counts(): ClaimCounts {
    return this.#read<ClaimCounts>('counts') ?? { recalled: 0, denied: 0 }
  }

  set counts(counts: ClaimCounts) {
    this.#write('counts', counts)
  }

  get serverMax(): ServerMax | undefined {
    return this.#read<ServerMax>('server_max')
  }

  set serverMax(max: ServerMax) {
    this.#write('server_max', max)
  }

  #read<T>(name: string): T | undefined {
    return this.#settings.get(name) as T | undefined
  }

  #write(name: string, content: unknown): void {
    this.#settings.set(name, content)
    this.#sql.exec(
      'INSERT OR REPLACE INTO budget (name, content) VALUES (?, ?)',
      name,
      JSON.stringify(content),
    )
  }
}
