import type { PeerEnv } from './env.ts'
import { mongoConnection, openMongo } from './mongo.ts'
import { openPostgres, postgresConnection } from './postgres.ts'

/** A database client of either kind that is kept from request to request. */
export interface Client {
  /** Asks the server which of its connections this is. */
  connection(): Promise<string>
}

export function openClient(engine: string, env: PeerEnv): Client {
  if (engine === 'postgres') {
    const pool = openPostgres(env)
    return { connection: () => postgresConnection(pool) }
  }
  const client = openMongo(env)
  return { connection: () => mongoConnection(client) }
}
