import type { Deadline } from '../deadline.ts'
import type { EngineName } from '../tenants/tenant.ts'
import type { MongoConnection } from './mongo-connection.ts'
import type { PostgresClient } from './postgres-client.ts'

/** A connection of a pool. */
export type PooledConnection = PostgresClient | MongoConnection

/** When a driver's error was met: while a connection was being opened, or in a statement on an open one. */
export type Phase = 'opening' | 'statement'

/** Where a pool connects to and how. Holds a secret: never logged, never answered. */
export interface Target {
  readonly engine: EngineName
  /** Connection string. */
  readonly url: string
  /** Postgres only: see `NEON_WS_PROXY`. */
  readonly wsProxy?: string | undefined
}

/** How an engine is to run its driver's pool. Times in milliseconds. */
export interface EngineOptions {
  /** What the server shows for these connections: `rockpool/<host>`. */
  readonly appName: string
  readonly minSize: number
  /** Connections that the pool may have until `resize` says otherwise. */
  readonly maxSize: number
  /** What `resize` may set at most. */
  readonly largestSize: number
  readonly commandTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly maxIdleMs: number
  readonly maxUses: number
  /** Lifetime for the next connection to be opened, already jittered. */
  readonly lifetime: () => number
  /** Epoch ms. */
  readonly now: () => number
  /** Runs `task` once, in `ms`, unless what it answers with was called: for time-outs, which nearly never come. */
  readonly after: (ms: number, task: () => void) => () => void
}

/** What an engine tells the pool above it, as it happens. */
export interface EngineHooks {
  /** A connection is open, initialised and usable, after `durationMs`. */
  connectionOpened(durationMs: number): void
  /** A connection is gone, whoever ended it. */
  connectionClosed(): void
  /** A connection failed outside a statement, or one could not be opened. */
  connectionFailed(): void
  /** A statement or command ended, well or badly. */
  commandEnded(command: EndedCommand): void
}

/** A statement, or what the driver was given at once, that has ended. */
export interface EndedCommand {
  readonly connection: PooledConnection
  /** From handing it to the driver to its answer. */
  readonly durationMs: number
  /** What it looks like without its values: for logs. */
  readonly shape: () => string
}

export interface EngineCounts {
  /** Open connections; those still being opened do not count. */
  readonly size: number
  /** Open connections that nobody holds. */
  readonly free: number
  readonly used: number
}

/** A connection taken out of an engine's pool. */
export interface Checkout<C extends PooledConnection = PooledConnection> {
  readonly connection: C
  /** When it was last used (`Clock.now`), or `undefined` when it is new. */
  readonly lastUsedAt: number | undefined
  /** When it last showed that it was alive: at its last use, else when it was opened. */
  readonly aliveAt: number
  /** Asks the server for a sign of life; throws a `Problem` when there is none in time. */
  ping(timeoutMs: number): Promise<void>
  /** Whether a statement still runs on it, so that giving it back takes until that ends. */
  readonly isBusy?: () => boolean
  /**
   * Gives it back once its statements have ended. Kept if it is still good, closed if a fatal error was seen on it
   * or `keep` is false.
   */
  release(keep: boolean): Promise<void>
}

/** An engine's open pool. One interface, one file per engine, one contract suite (test/worker/engines). */
export interface EnginePool<C extends PooledConnection = PooledConnection> {
  counts(): EngineCounts
  /** When the whole pool is to be replaced (epoch ms), where the driver cannot retire single connections by age. */
  readonly expiresAt?: number
  /**
   * Takes a free connection, or opens one where none is free. Throws a `Problem`.
   * @param deadline no statement on it is waited for longer
   */
  checkout(deadline?: Deadline): Promise<Checkout<C>>
  /** Opens one more connection and leaves it free. Absent where the driver keeps the minimum by itself. */
  grow?(): Promise<void>
  /**
   * Lets the pool have more or fewer connections; free ones above `maxSize` are closed. Absent where the driver's
   * maximum is fixed: nobody is admitted above `maxSize`, so that connections that are not open stay so.
   */
  resize?(maxSize: number): void
  /** Closes the connections that nobody holds, after one was found dead. */
  retireFree(): Promise<void>
  /** Closes every connection; those still held too, when `force` is set. */
  close(force: boolean): Promise<void>
}

/**
 * Connections that a driver opens beside its pool's own: MongoDB's monitors each server on a connection of its own
 * (specifications: server-discovery-and-monitoring), and limits are per server.
 */
export const OVERHEAD: Readonly<Record<EngineName, number>> = { postgres: 0, mongo: 1 }

export interface ServerConnections {
  readonly current: number
  readonly max: number
  /** Connections that show this pool's application name, where the server tells. */
  readonly ours?: number
}

/** A kind of database that pools can be opened on. Stateless, so that one serves every request of an isolate. */
export interface Engine<C extends PooledConnection = PooledConnection> {
  readonly name: EngineName
  /** Opens a pool with its first connection made and checked. Throws a `Problem`. */
  open(target: Target, options: EngineOptions, hooks: EngineHooks): Promise<EnginePool<C>>
}
