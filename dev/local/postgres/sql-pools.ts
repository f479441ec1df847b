import pg from 'pg'
import type { Reach } from './reach.ts'

interface Entry {
  pool: pg.Pool
  /** Requests that use the pool or wait for it. */
  users: number
}

/** Connections per connection string. */
const POOL_SIZE = 10
/** Connection strings in use at once. */
const MOST_POOLS = 20
const POSTGRES_PORT = 5432
const IDLE_MS = 10_000
const CONNECT_MS = 10_000

/** What Postgres says when it has no room left: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const TOO_MANY_CONNECTIONS = '53300'

/** A small pool of connections per connection string, each gone soon after its last use. */
export class SqlPools {
  readonly #reach: Reach
  readonly #log: (line: string) => void
  readonly #entries = new Map<string, Entry>()
  readonly #clients = new Set<pg.PoolClient>()

  constructor(reach: Reach, log: (line: string) => void) {
    this.#reach = reach
    this.#log = log
  }

  /**
   * Runs `work` on a connection. One that saw an error, or that is left inside a transaction, is not used again, as
   * at Neon.
   * @param url says server, user, password and database
   * @throws {ForbiddenAddress} for a server out of reach
   */
  async use<T>(url: URL, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const entry = this.#open(url)
    entry.users++
    try {
      const client = await entry.pool.connect()
      let isClean = false
      try {
        const result = await work(client)
        isClean = client.getTransactionStatus() === 'I'
        return result
      } finally {
        client.release(!isClean)
      }
    } finally {
      entry.users--
      this.#dropIfEmpty(url.href, entry)
    }
  }

  /** Stops what a connection is doing, from a connection beside it. */
  async cancel(url: URL, pid: number): Promise<void> {
    const client = new pg.Client(this.#config(url))
    await client.connect()
    try {
      await client.query('SELECT pg_cancel_backend($1)', [pid])
    } finally {
      await client.end()
    }
  }

  /** Closes every connection, once the requests that use them are done. */
  async close(): Promise<void> {
    const pools = [...this.#entries.values()].map(({ pool }) => pool)
    this.#entries.clear()
    await Promise.all(pools.map((pool) => pool.end()))
    // pg-pool is done as soon as it has said goodbye; the sockets are still open then.
    await Promise.all(
      [...this.#clients].map((client) => new Promise<void>((done) => client.once('end', done))),
    )
  }

  #open(url: URL): Entry {
    const key = url.href
    const found = this.#entries.get(key)
    if (found) return found
    if (this.#entries.size >= MOST_POOLS) this.#evict()
    const pool = new pg.Pool({ ...this.#config(url), max: POOL_SIZE, idleTimeoutMillis: IDLE_MS })
    const entry = { pool, users: 0 }
    pool.on('error', (error) => this.#log(`SQL over HTTP: an idle connection was lost: ${error.message}`))
    pool.on('connect', (client) => {
      this.#clients.add(client)
      client.once('end', () => this.#clients.delete(client))
    })
    pool.on('remove', () => this.#dropIfEmpty(key, entry))
    this.#entries.set(key, entry)
    return entry
  }

  #config(url: URL): pg.ClientConfig {
    const options = url.searchParams.get('options')
    return {
      ...this.#reach.find(url.hostname, Number(url.port || POSTGRES_PORT)),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
      application_name: url.searchParams.get('application_name') ?? 'sql-over-http',
      connectionTimeoutMillis: CONNECT_MS,
      ...(options !== null && { options }),
    }
  }

  #evict(): void {
    for (const [key, { pool, users }] of this.#entries) {
      if (users > 0) continue
      this.#entries.delete(key)
      this.#end(pool)
      return
    }
    const error = new Error(`more than ${MOST_POOLS} connection strings are in use`)
    throw Object.assign(error, { severity: 'FATAL', code: TOO_MANY_CONNECTIONS })
  }

  #dropIfEmpty(key: string, entry: Entry): void {
    if (entry.users > 0 || entry.pool.totalCount > 0 || this.#entries.get(key) !== entry) return
    this.#entries.delete(key)
    this.#end(entry.pool)
  }

  #end(pool: pg.Pool): void {
    pool.end().catch((error) => this.#log(`SQL over HTTP: a pool did not close: ${error}`))
  }
}
