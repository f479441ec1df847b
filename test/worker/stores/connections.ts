import { env } from 'cloudflare:workers'
import type { Connection } from '../../../src/engines/connection.ts'
import type { EngineHooks, EngineOptions } from '../../../src/engines/engine.ts'
import { loadEngine } from '../../../src/engines/load.ts'
import { MongoConnection, sharedOf } from '../../../src/engines/mongo-connection.ts'
import { PostgresHttp } from '../../../src/engines/postgres-http.ts'
import { systemClock } from '../../../src/pools/clock.ts'

const variables = env as unknown as Record<string, string>

/** Every way in which a store's statements can reach a database. */
export const WAYS = ['postgres', 'postgres over HTTP', 'mongo'] as const
export type Way = (typeof WAYS)[number]

/** A connection whose commands are counted as its driver sends them. */
export interface CountedConnection extends AsyncDisposable {
  readonly connection: Connection
  readonly engine: 'postgres' | 'mongo'
  /** How many commands `work` took. */
  commands(work: () => Promise<unknown>): Promise<number>
}

const OPTIONS: EngineOptions = {
  appName: 'rockpool/stores',
  minSize: 1,
  maxSize: 1,
  largestSize: 1,
  commandTimeoutMs: 20_000,
  connectTimeoutMs: 2_000,
  maxIdleMs: 60_000,
  maxUses: 10_000,
  lifetime: () => 600_000,
  ...systemClock,
}

/** Opens a connection of its own for a test. */
export function openConnection(way: Way): Promise<CountedConnection> {
  if (way === 'mongo') return openMongo()
  return way === 'postgres' ? openPostgres() : openHttp()
}

async function openPostgres(): Promise<CountedConnection> {
  const counter = new Counter()
  const engine = await loadEngine('postgres')
  const target = {
    engine: 'postgres',
    url: variables.DB_PRIMARY_DB_URL ?? '',
    wsProxy: variables.NEON_WS_PROXY,
  } as const
  const pool = await engine.open(target, OPTIONS, counter.hooks)
  const { connection, release } = await pool.checkout()
  return counter.connection(connection, 'postgres', async () => {
    await release(true)
    await pool.close(true)
  })
}

async function openHttp(): Promise<CountedConnection> {
  const counter = new Counter()
  const http = new PostgresHttp(
    variables.DB_PRIMARY_DB_URL ?? '',
    variables.NEON_HTTP_ENDPOINT,
    OPTIONS.commandTimeoutMs,
  )
  // Each is one fetch: see PostgresHttp.
  const counted: Connection = {
    engine: 'postgres',
    query: (text, parameters) => counter.count(http.query(text, parameters)),
    batch: (statements) => counter.count(http.batch(statements)),
    atomically: (statements) => counter.count(http.atomically(statements)),
  }
  return counter.connection(counted, 'postgres', async () => {})
}

async function openMongo(): Promise<CountedConnection> {
  const counter = new Counter()
  const { MongoClient } = await import('mongodb')
  const client = new MongoClient(variables.MONGODB_URI ?? '', { monitorCommands: true })
  client.on('commandStarted', () => counter.add())
  const quiet = { ...counter.hooks, commandEnded: () => {} }
  return counter.connection(new MongoConnection(sharedOf(client, OPTIONS.now), OPTIONS, quiet), 'mongo', () =>
    client.close(),
  )
}

class Counter {
  #commands = 0

  readonly hooks: EngineHooks = {
    connectionOpened: () => {},
    connectionClosed: () => {},
    connectionFailed: () => {},
    commandEnded: () => this.add(),
  }

  add(): void {
    this.#commands++
  }

  count<T>(running: Promise<T>): Promise<T> {
    this.add()
    return running
  }

  connection(
    connection: Connection,
    engine: 'postgres' | 'mongo',
    close: () => Promise<void>,
  ): CountedConnection {
    return {
      connection,
      engine,
      commands: async (work) => {
        const before = this.#commands
        await work()
        return this.#commands - before
      },
      [Symbol.asyncDispose]: close,
    }
  }
}
