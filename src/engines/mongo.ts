import type { Db, Document, MongoClient, MongoClientOptions, ReadPreferenceMode } from 'mongodb'
import { Problem } from '../problem.ts'
import type {
  Checkout,
  Engine,
  EngineCounts,
  EngineHooks,
  EngineOptions,
  EnginePool,
  ServerConnections,
} from './engine.ts'
import { type Asked, recorded } from './mongo-commands.ts'
import { MongoDatabases } from './mongo-databases.ts'
import { mongoFault } from './mongo-fault.ts'
import { type Limits, type ReadCommand, readDocuments } from './mongo-read.ts'
import { mongoShape } from './mongo-shape.ts'
import { MongoTransactions, type StepOptions } from './mongo-transactions.ts'

/** Connections the driver may be opening at a time for one client; the host's gate bounds the sum. */
const MAX_CONNECTING = 2

/** How long an operation looks for a server that can serve it. */
const SERVER_SELECTION_MS = 5_000

/** How much longer than the command timeout a socket waits: then nobody is answering on it. */
const ANSWER_GRACE_MS = 2_000

/** MongoDB through its official driver. */
export const mongo: Engine<MongoConnection> = {
  name: 'mongo',
  async open(target, options, hooks) {
    // Loaded when the first MongoDB pool opens: a deployment without MongoDB never pays for evaluating it.
    const { MongoClient } = await import('mongodb')
    const pool = new MongoPool(new MongoClient(target.url, clientOptions(options)), options, hooks)
    try {
      await pool.connect()
    } catch (error) {
      hooks.connectionFailed()
      await pool.close()
      throw error
    }
    return pool
  },
}

function clientOptions(options: EngineOptions): MongoClientOptions {
  return {
    appName: options.appName,
    minPoolSize: options.minSize,
    // Fixed for the client's life: how many of them may be used now, Rockpool's own admission decides.
    maxPoolSize: options.largestSize,
    maxConnecting: MAX_CONNECTING,
    maxIdleTimeMS: options.maxIdleMs,
    // No `waitQueueTimeoutMS`: nobody who was not admitted gets as far as the driver's queue, who waits there for an
    // opening is told when that fails, and the driver would set a timer and race two promises for every operation.
    connectTimeoutMS: options.connectTimeoutMs,
    serverSelectionTimeoutMS: Math.min(SERVER_SELECTION_MS, options.connectTimeoutMs),
    // Ends a connection on which no answer comes. The driver's `timeoutMS` does nothing as of 7.8 (deprecated there as
    // a no-op), so the command timeout itself is kept in `MongoConnection.run`.
    socketTimeoutMS: options.commandTimeoutMs + ANSWER_GRACE_MS,
    // Streaming keeps a request open for ever on a second monitoring socket; polling needs one socket and lets go.
    serverMonitoringMode: 'poll',
  }
}

class MongoPool implements EnginePool<MongoConnection> {
  readonly expiresAt: number
  readonly #client: MongoClient
  readonly #options: EngineOptions
  readonly #hooks: EngineHooks
  readonly #transactions: MongoTransactions
  readonly #databases: MongoDatabases
  /** Open connections, by address and id: a replica set has a pool for each member, and ids are per pool. */
  readonly #open = new Set<string>()
  #checkedOut = 0
  readonly #openedAt: number
  #lastUsedAt: number | undefined

  constructor(client: MongoClient, options: EngineOptions, hooks: EngineHooks) {
    this.#client = client
    this.#options = options
    this.#hooks = hooks
    this.#transactions = new MongoTransactions(client, options.now)
    this.#databases = new MongoDatabases(client)
    this.#openedAt = options.now()
    const lifetime = options.lifetime()
    // The sweep that looks at this comes once a minute.
    this.expiresAt = this.#openedAt + Math.max(lifetime / 2, lifetime - 60_000)
    this.#listen()
  }

  counts(): EngineCounts {
    const size = this.#open.size
    const used = Math.min(this.#checkedOut, size)
    return { size, free: size - used, used }
  }

  /** The driver lends a connection to each operation by itself; what is taken here is the right to one. */
  async checkout(): Promise<Checkout<MongoConnection>> {
    const connection = new MongoConnection(
      this.#client,
      this.#options,
      this.#hooks,
      this.#databases,
      this.#transactions,
    )
    return {
      connection,
      lastUsedAt: this.#lastUsedAt,
      aliveAt: this.#lastUsedAt ?? this.#openedAt,
      ping: (timeoutMs) => connection.ping(timeoutMs),
      release: async () => {
        await connection.settled()
        this.#lastUsedAt = this.#options.now()
      },
    }
  }

  /** The driver does so by itself: a network error on one connection retires all of its generation. */
  async retireFree(): Promise<void> {}

  async close(): Promise<void> {
    await this.#client.close()
  }

  /** Makes the first connection; `MongoClient.connect` alone does not need one that works. */
  async connect(): Promise<void> {
    try {
      await this.#client.db('admin').command({ ping: 1 })
    } catch (error) {
      throw mongoFault(error, 'opening')
    }
  }

  /** Keeps the numbers by the driver's own pool events (specifications: connection-monitoring-and-pooling, CMAP). */
  #listen(): void {
    const client = this.#client
    client.on('connectionReady', ({ address, connectionId, durationMS }) => {
      this.#open.add(`${address}#${connectionId}`)
      this.#hooks.connectionOpened(durationMS)
    })
    client.on('connectionClosed', ({ address, connectionId, reason }) => {
      // A connection that was never ready was never counted.
      if (this.#open.delete(`${address}#${connectionId}`)) this.#hooks.connectionClosed()
      if (reason === 'error') this.#hooks.connectionFailed()
    })
    client.on('connectionCheckedOut', () => {
      this.#checkedOut++
    })
    client.on('connectionCheckedIn', () => {
      this.#checkedOut--
    })
  }
}

/**
 * One lease's way to MongoDB. Operations on it run one after the other, because a lease is the right to one connection
 * and the driver takes one for each that runs. An operation must not start another one and wait for it.
 */
export class MongoConnection {
  readonly engine = 'mongo'
  readonly #databases: MongoDatabases
  readonly #transactions: MongoTransactions
  readonly #options: EngineOptions
  readonly #hooks: EngineHooks
  #readPreference: ReadPreferenceMode = 'primary'
  /** Settles when the last operation has ended. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    client: MongoClient,
    options: EngineOptions,
    hooks: EngineHooks,
    databases = new MongoDatabases(client),
    transactions = new MongoTransactions(client, options.now),
  ) {
    this.#databases = databases
    this.#transactions = transactions
    this.#options = options
    this.#hooks = hooks
  }

  /** Has what is read on this lease from now on come from a secondary where there is one. */
  preferSecondaries(): void {
    this.#readPreference = 'secondaryPreferred'
  }

  /** The documents that a command finds. Throws a `Problem`. */
  read<T extends Document>(database: string, command: ReadCommand): Promise<T[]> {
    return this.#timed(
      database,
      (db, asked, limits) => {
        asked.push(command)
        return readDocuments<T>(db, command, limits)
      },
      this.#options.commandTimeoutMs,
    )
  }

  /**
   * Runs one operation on a database and ends waiting for it at the command timeout. `limits` goes into the options of
   * the driver's call, so that the server gives up at that time too. Throws a `Problem`.
   */
  run<T>(
    database: string,
    operation: (db: Db, limits: Limits) => Promise<T>,
    timeoutMs: number = this.#options.commandTimeoutMs,
  ): Promise<T> {
    return this.#timed(database, (db, asked, limits) => operation(recorded(db, asked), limits), timeoutMs)
  }

  /**
   * Runs a multi-step write: as one transaction where the deployment has them (then `work` may run more than once),
   * else step by step. Every call of the driver gets `options`. Throws a `Problem`.
   */
  atomically<T>(database: string, work: (db: Db, options: StepOptions) => Promise<T>): Promise<T> {
    return this.run(database, (db, limits) => this.#transactions.run(db, limits, work))
  }

  /** Throws a `Problem` when the server does not answer within `timeoutMs`. */
  async ping(timeoutMs: number): Promise<void> {
    await this.run('admin', (db) => db.command({ ping: 1 }), timeoutMs)
  }

  /** The server's count of its client connections; `null` from servers that speak MongoDB but do not count. */
  async serverConnections(): Promise<ServerConnections | null> {
    const status = await this.run('admin', (db) => db.command({ serverStatus: 1 }))
    const connections = status.connections as { current: number; available: number } | undefined
    if (!connections) return null
    const { current, available } = connections
    return { current, max: current + available }
  }

  /** Resolves once no operation runs. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** @param operation notes what it asks for in `asked` */
  async #timed<T>(
    database: string,
    operation: (db: Db, asked: Asked[], limits: Limits) => Promise<T>,
    timeoutMs: number,
  ): Promise<T> {
    const started = this.#options.now()
    const readPreference = this.#readPreference
    const asked: Asked[] = []
    const running = this.#last.then(() =>
      operation(this.#databases.named(database, readPreference), asked, { maxTimeMS: timeoutMs }),
    )
    this.#last = running.catch(() => {})
    try {
      return await this.#before(timeoutMs, running)
    } catch (error) {
      throw mongoFault(error, 'statement')
    } finally {
      const durationMs = this.#options.now() - started
      this.#hooks.commandEnded({ connection: this, durationMs, shape: () => mongoShape(asked) })
    }
  }

  /** What `running` comes to, unless that takes longer than `ms`. */
  #before<T>(ms: number, running: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.after(ms, () => reject(new Problem('database_timeout')))
      running.then(resolve, reject).finally(cancel)
    })
  }
}
