import { randomBytes } from 'node:crypto'
import { type Db, type Document, MongoClient, type MongoClientOptions } from 'mongodb'
import { beforeEach } from 'vitest'
import { startMongo } from '../../../dev/local/mongo/server.ts'
import { shared } from './shared.ts'

/** A real server to run the behavioural tests against instead of the stand-in. */
export const REAL_URI = process.env.MONGODB_URI

/** For a file of tests that are about the stand-in itself: with a real server they say so and are skipped. */
export function onlyOfTheStandIn(): void {
  beforeEach(({ skip }) =>
    skip(REAL_URI !== undefined, 'of the stand-in alone; MONGODB_URI names a real server'),
  )
}

/** A document with a number for an id. */
export interface Item extends Document {
  _id: number
}

export interface Mongo extends AsyncDisposable {
  readonly url: string
  readonly client: MongoClient
  /** A database of its own; dropped at the end. */
  readonly db: Db
  /** The newest wire version the server speaks: 21 is MongoDB 7, 25 is MongoDB 8. */
  readonly maxWireVersion: number
  /** FerretDB says that it is; it lacks some of MongoDB's values. */
  readonly isFerretDb: boolean
}

/**
 * One for all tests of a file: a stand-in, or the real server that MONGODB_URI names, with a connected client.
 */
export function sharedMongo(options: MongoClientOptions = {}): Mongo {
  return shared(() => openMongo(options))
}

async function openMongo(options: MongoClientOptions): Promise<Mongo> {
  const server = REAL_URI ? { url: REAL_URI, close: async () => undefined } : await startMongo({})
  const { url } = server
  const client = await new MongoClient(url, options).connect()
  const db = client.db(`rockpool_${randomBytes(6).toString('hex')}`)
  const { maxWireVersion } = await client.db('admin').command({ hello: 1 })
  const build = await client.db('admin').command({ buildInfo: 1 })
  return {
    url,
    client,
    db,
    maxWireVersion,
    isFerretDb: 'ferretdbVersion' in build || 'ferretdb' in build,
    async [Symbol.asyncDispose]() {
      await db.dropDatabase()
      await client.close()
      await server.close()
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
