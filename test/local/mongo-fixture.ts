import { randomBytes } from 'node:crypto'
import { type Db, MongoClient, type MongoClientOptions } from 'mongodb'
import { type MongoServer, startMongoServer } from '../../dev/local/mongo/server.ts'

/** A real server to run the behavioural tests against instead of the stand-in. */
export const REAL_URI = process.env.MONGODB_URI

export interface MongoFixture {
  url: string
  client: MongoClient
  /** A database of this fixture's own; dropped at the end. */
  db: Db
  /** Undefined against a real server. */
  server: MongoServer | undefined
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a stand-in, or uses the real server that MONGODB_URI names, with a connected client. */
export async function openMongo(options: MongoClientOptions = {}): Promise<MongoFixture> {
  const server = REAL_URI ? undefined : await startMongoServer({})
  const url = REAL_URI ?? (server as MongoServer).url
  const client = await new MongoClient(url, options).connect()
  const db = client.db(`rockpool_${randomBytes(6).toString('hex')}`)
  return {
    url,
    client,
    db,
    server,
    async [Symbol.asyncDispose]() {
      await db.dropDatabase()
      await client.close()
      await server?.close()
    },
  }
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('it should have failed')
}
