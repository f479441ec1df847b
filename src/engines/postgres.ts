import { neonConfig, Pool, type PoolClient, type PoolConfig } from '@neondatabase/serverless'
import { Problem } from '../problem.ts'
import type { Parameter, PostgresConnection, Statement } from './connection.ts'
import type {
  Checkout,
  Engine,
  EngineCounts,
  EngineHooks,
  EngineOptions,
  EnginePool,
  ServerConnections,
  Target,
} from './engine.ts'
import { postgresFault } from './postgres-fault.ts'
import { PostgresSocket } from './postgres-socket.ts'
import { sqlShape } from './sql-shape.ts'

/** How much longer than the server's own `statement_timeout` the client waits: then the server is not answering. */
const ANSWER_GRACE_MS = 2_000

const DEFAULT_PORT = 5432

/** Postgres through the Neon serverless driver: pg-pool over WebSockets. */
export const postgres: Engine<PostgresClient> = {
  name: 'postgres',
  async open(target, options, hooks) {
    const pool = new PostgresPool(target, options, hooks)
    try {
      await pool.grow()
    } catch (error) {
      await pool.close(true)
      throw error
    }
    return pool
  },
}

class PostgresPool implements EnginePool<PostgresClient> {
  readonly #pool: Pool
  readonly #options: EngineOptions
  readonly #hooks: EngineHooks
  readonly #openedAt = new WeakMap<PoolClient, number>()
  readonly #lastUsedAt = new WeakMap<PoolClient, number>()
  /** Open connections: pg-pool tells of one's end once, twice or, where the socket died first, never. */
  readonly #open = new Set<PoolClient>()
  /** Since when those are being opened that pg-pool counts already, the oldest first. */
  readonly #opening: number[] = []

  constructor(target: Target, options: EngineOptions, hooks: EngineHooks) {
    this.#options = options
    this.#hooks = hooks
    configureDriver(target)
    // `onConnect` is pg-pool's (3.14); the driver's type declarations do not list it yet.
    const config: PoolConfig & { onConnect(client: PoolClient): Promise<void> } = {
      connectionString: target.url,
      application_name: options.appName,
      min: options.minSize,
      max: options.maxSize,
      maxUses: options.maxUses,
      idleTimeoutMillis: options.maxIdleMs,
      connectionTimeoutMillis: options.connectTimeoutMs,
      query_timeout: options.commandTimeoutMs + ANSWER_GRACE_MS,
      onConnect: (client) => initialise(client, options.commandTimeoutMs),
    }
    this.#pool = new Pool(config)
    this.#listen()
  }

  counts(): EngineCounts {
    const free = this.#pool.idleCount
    const size = this.#pool.totalCount - this.#opening.length
    return { size, free, used: Math.max(0, size - free) }
  }

  async checkout(): Promise<Checkout<PostgresClient>> {
    const client = await this.#connect()
    const connection = new PostgresClient(client, this.#hooks, this.#options.now)
    const lastUsedAt = this.#lastUsedAt.get(client)
    return {
      connection,
      lastUsedAt,
      aliveAt: lastUsedAt ?? this.#openedAt.get(client) ?? 0,
      async ping(timeoutMs) {
        await connection.ping(timeoutMs)
      },
      release: async (keep) => {
        await connection.settled()
        this.#lastUsedAt.set(client, this.#options.now())
        const end = !keep || connection.isBroken
        client.release(end)
        if (end) this.#closed(client)
      },
    }
  }

  async grow(): Promise<void> {
    const client = await this.#connect()
    client.release()
  }

  resize(maxSize: number): void {
    // pg-pool reads it whenever it is asked for a connection.
    this.#pool.options.max = maxSize
    for (let above = this.#pool.totalCount - maxSize; above > 0; above--) void this.#retireAbove(maxSize)
  }

  async retireFree(): Promise<void> {
    for (let free = this.#pool.idleCount; free > 0 && this.#pool.idleCount > 0; free--) {
      const client = await this.#pool.connect()
      this.#end(client)
    }
  }

  async close(force: boolean): Promise<void> {
    const ended = this.#pool.end()
    // pg-pool waits for every client; by force it is left to the sockets' own timeouts to end the last ones.
    if (force) ended.catch(() => {})
    else await ended
  }

  /** Closes a free connection, if there is one and the pool still has more than `maxSize`. */
  async #retireAbove(maxSize: number): Promise<void> {
    if (this.#pool.idleCount === 0) return
    try {
      const client = await this.#pool.connect()
      // Somebody was quicker, and its connection ended when it came back.
      if (this.#pool.totalCount <= maxSize) client.release()
      else this.#end(client)
    } catch {
      // There was none to be had, so none is left to be closed.
    }
  }

  #end(client: PoolClient): void {
    client.release(true)
    this.#closed(client)
  }

  /** A free client, or a new one: which, pg-pool decides before this returns. */
  async #connect(): Promise<PoolClient> {
    const opens = this.#pool.idleCount === 0 && this.#pool.totalCount < this.#pool.options.max
    if (!opens) return this.#attempt()
    // pg-pool reads the lifetime when it opens a connection, so each gets one of its own.
    this.#pool.options.maxLifetimeSeconds = this.#options.lifetime() / 1000
    const since = this.#options.now()
    this.#opening.push(since)
    try {
      return await this.#attempt()
    } catch (error) {
      this.#opening.splice(Math.max(0, this.#opening.indexOf(since)), 1)
      this.#hooks.connectionFailed()
      throw error
    }
  }

  async #attempt(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw postgresFault(error, 'opening').problem
    }
  }

  #listen(): void {
    this.#pool.on('connect', (client: PoolClient) => {
      // A client without a listener of its own would throw its error into the event loop while it is checked out,
      // when pg-pool takes its listener away.
      client.on('error', () => {
        // Closing one makes its socket complain as well. `_ending` is what pg-pool itself goes by.
        if (Reflect.get(client, '_ending') !== true) this.#hooks.connectionFailed()
        this.#closed(client)
      })
      client.on('end', () => this.#closed(client))
      this.#open.add(client)
      const now = this.#options.now()
      this.#openedAt.set(client, now)
      // pg-pool does not say for whom it is: of several under way the sum of their times is right.
      this.#hooks.connectionOpened(now - (this.#opening.shift() ?? now))
    })
    this.#pool.on('remove', (client: PoolClient) => this.#closed(client))
    // Says the same as the client's own event, for an idle client; unheard it would be thrown.
    this.#pool.on('error', () => {})
  }

  #closed(client: PoolClient): void {
    if (this.#open.delete(client)) this.#hooks.connectionClosed()
  }
}

/** One checked-out Postgres connection. Statements on it run one after the other. */
export class PostgresClient implements PostgresConnection {
  readonly engine = 'postgres'
  readonly #client: PoolClient
  readonly #hooks: EngineHooks
  readonly #now: () => number
  readonly #running = new Set<Promise<unknown>>()
  #broken = false

  constructor(client: PoolClient, hooks: EngineHooks, now: () => number) {
    this.#client = client
    this.#hooks = hooks
    this.#now = now
  }

  /** Whether it must not be lent again. */
  get isBroken(): boolean {
    return this.#broken
  }

  /** Runs one statement and returns its rows. Throws a `Problem`; after a plain SQL error the connection stays good. */
  async query<Row extends object>(text: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return (await this.#run(text, this.#client.query<Row>(text, [...parameters]))).rows
  }

  /** Runs statements without parameters in one round trip: what is sent as one is one transaction. */
  async batch(statements: readonly string[]): Promise<void> {
    const text = statements.join(';\n')
    await this.#run(text, this.#client.query(text))
  }

  async atomically(statements: readonly Statement[]): Promise<void> {
    await this.transaction(async () => {
      for (const { text, parameters } of statements) await this.query(text, parameters)
    })
  }

  /**
   * Runs `work` between BEGIN and COMMIT; any error rolls back. A connection whose transaction could not be ended is
   * closed rather than lent to somebody else in the middle of it.
   */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.query('BEGIN')
    try {
      const outcome = await work()
      await this.query('COMMIT')
      return outcome
    } catch (error) {
      await this.query('ROLLBACK').catch(() => {
        this.#broken = true
      })
      throw error
    }
  }

  /** Throws `database_timeout` when no answer comes within `timeoutMs`; the connection is broken then. */
  async ping(timeoutMs: number): Promise<void> {
    const config = { text: 'SELECT 1', query_timeout: timeoutMs }
    await this.#run(config.text, this.#client.query(config))
  }

  /** The server's count of its client connections. */
  async serverConnections(): Promise<ServerConnections> {
    const [row] = await this.query<{ current: number; ours: number; max: number }>(
      `SELECT count(*)::int AS current,
              count(*) FILTER (WHERE application_name = current_setting('application_name'))::int AS ours,
              current_setting('max_connections')::int AS max
         FROM pg_stat_activity WHERE backend_type = 'client backend'`,
    )
    if (!row) throw new Problem('query_failed')
    return row
  }

  /** Resolves once no statement runs, so that the next borrower never meets a stranger's. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running])
  }

  async #run<T>(text: string, statement: Promise<T>): Promise<T> {
    const started = this.#now()
    this.#running.add(statement)
    try {
      return await statement
    } catch (error) {
      const { problem, fatal } = postgresFault(error, 'statement')
      if (fatal) this.#broken = true
      throw problem
    } finally {
      this.#running.delete(statement)
      const durationMs = this.#now() - started
      this.#hooks.commandEnded({ connection: this, durationMs, shape: () => sqlShape(text) })
    }
  }
}

/** Awaited by pg-pool before the connection's first use; a failure closes the connection. */
async function initialise(client: PoolClient, commandTimeoutMs: number): Promise<void> {
  // Set here and not in the startup message: poolers in front of a server refuse unknown startup parameters.
  await client.query(`SET TIME ZONE 'UTC'; SET statement_timeout = ${Math.ceil(commandTimeoutMs)}`)
}

/** The proxy before each server, by `host:port`: text, so that the objects of an isolate may share it. */
const proxies = new Map<string, string>()

/**
 * The driver's settings are global to the isolate, which is why the proxies, WebSocket-to-TCP ones in front of servers
 * that are not Neon's, are one variable of the deployment. Pipelining needs cleartext passwords, which a plain Postgres
 * does not use (github.com/neondatabase/serverless, CONFIG.md).
 */
function configureDriver({ url, wsProxy }: Target): void {
  neonConfig.webSocketConstructor = PostgresSocket
  neonConfig.coalesceWrites = false
  if (wsProxy === undefined) return
  const { hostname, port } = new URL(url)
  proxies.set(`${hostname}:${port || DEFAULT_PORT}`, wsProxy)
  neonConfig.wsProxy = (host, port) => proxies.get(`${host}:${port}`) ?? wsProxy
  neonConfig.useSecureWebSocket = false
  neonConfig.pipelineConnect = false
  neonConfig.pipelineTLS = false
}
