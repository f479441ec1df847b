import type { MongoClient, MongoClientOptions } from 'mongodb'
import type { Deadline } from '../deadline.ts'
import type { Checkout, Engine, EngineCounts, EngineHooks, EngineOptions, EnginePool } from './engine.ts'
import { connectionKey } from './mongo-checkouts.ts'
import { MongoConnection, type MongoShared, sharedOf } from './mongo-connection.ts'
import { mongoFault } from './mongo-fault.ts'

/** Connections the driver may be opening at a time for one client; the host's gate bounds the sum. */
const MAX_CONNECTING = 2

/** How long an operation looks for a server that can serve it. */
const SERVER_SELECTION_MS = 5_000

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
    connectTimeoutMS: options.connectTimeoutMs,
    serverSelectionTimeoutMS: selectionMs(options),
    // No timer of the runtime for an operation (docs/decisions/0011). No `waitQueueTimeoutMS`: nobody who was not
    // admitted gets as far as the driver's queue, and who waits there for an opening is told when that fails. No
    // `socketTimeoutMS`: see MongoCheckouts. `timeoutMS` does nothing as of 7.8 (deprecated there as a no-op), so the
    // command timeout is kept in MongoConnection.
    // Streaming keeps a request open for ever on a second monitoring socket; polling needs one socket and lets go.
    serverMonitoringMode: 'poll',
    // While a server is looked for, it is asked once a second and not twice.
    minHeartbeatFrequencyMS: 1_000,
  }
}

/** For how long an operation looks for a server, in ms. */
function selectionMs({ connectTimeoutMs }: EngineOptions): number {
  return Math.min(SERVER_SELECTION_MS, connectTimeoutMs)
}

class MongoPool implements EnginePool<MongoConnection> {
  readonly expiresAt: number
  readonly #client: MongoClient
  readonly #options: EngineOptions
  readonly #hooks: EngineHooks
  readonly #shared: MongoShared
  /** Open connections, by `connectionKey`. */
  readonly #open = new Set<string>()
  readonly #openedAt: number
  #lastUsedAt: number | undefined

  constructor(client: MongoClient, options: EngineOptions, hooks: EngineHooks) {
    this.#client = client
    this.#options = options
    this.#hooks = hooks
    this.#shared = sharedOf(client, options.now)
    this.#openedAt = options.now()
    const lifetime = options.lifetime()
    // The sweep that looks at this comes once a minute.
    this.expiresAt = this.#openedAt + Math.max(lifetime / 2, lifetime - 60_000)
    this.#listen()
  }

  counts(): EngineCounts {
    const size = this.#open.size
    const used = Math.min(this.#shared.checkouts.size, size)
    return { size, free: size - used, used }
  }

  /** The driver lends a connection to each operation by itself; what is taken here is the right to one. */
  async checkout(deadline?: Deadline): Promise<Checkout<MongoConnection>> {
    const connection = new MongoConnection(this.#shared, this.#options, this.#hooks, deadline)
    return {
      connection,
      lastUsedAt: this.#lastUsedAt,
      aliveAt: this.#lastUsedAt ?? this.#openedAt,
      ping: (timeoutMs) => connection.ping(timeoutMs),
      isBusy: () => connection.isBusy,
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
      await this.#client.db('admin').command({ ping: 1, maxTimeMS: this.#options.connectTimeoutMs })
    } catch (error) {
      throw mongoFault(error, 'opening')
    }
  }

  /** Keeps the numbers by the driver's own pool events (specifications: connection-monitoring-and-pooling, CMAP). */
  #listen(): void {
    const client = this.#client
    client.on('connectionReady', (connection) => {
      this.#open.add(connectionKey(connection))
      this.#hooks.connectionOpened(connection.durationMS)
    })
    client.on('connectionClosed', (connection) => {
      // A connection that was never ready was never counted.
      if (this.#open.delete(connectionKey(connection))) this.#hooks.connectionClosed()
      if (connection.reason === 'error') this.#hooks.connectionFailed()
    })
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      this.#limitSelection([...newDescription.servers.values()].some(({ isWritable }) => isWritable))
    })
  }

  /**
   * Where a primary is known an operation has its server at once, and still the driver would set a timer for finding one
   * (docs/decisions/0011): 0 tells it not to. Who tries again after an error is limited by the topology's own copy.
   */
  #limitSelection(isKnown: boolean): void {
    Reflect.set(this.#client.options, 'serverSelectionTimeoutMS', isKnown ? 0 : selectionMs(this.#options))
  }
}
