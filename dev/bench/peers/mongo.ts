import { MongoClient, type MongoClientOptions } from 'mongodb'
import { TENANTS } from '../tenants.ts'
import type { PeerEnv } from './env.ts'

/** A client with the driver's defaults, but for `options`. */
export function openMongo(env: PeerEnv, options: MongoClientOptions = {}): MongoClient {
  return new MongoClient(env.MONGODB_URI, options)
}

/** Which of the server's connections answers. */
export async function mongoConnection(client: MongoClient): Promise<string> {
  const { connectionId } = await client.db('admin').command({ hello: 1 })
  return `${connectionId}`
}

/** The same `find` as src/routes/posts/mongo.ts, and the same answer. */
export async function documentsPerRequest(env: PeerEnv, ctx: ExecutionContext): Promise<Response> {
  // More than one is of no use to one request.
  const client = openMongo(env, { maxPoolSize: 1 })
  try {
    const documents = await client
      .db(`user_${TENANTS.mongo}_db`)
      .collection('posts')
      .find({}, { sort: { created_at: -1, _id: -1 }, skip: 0, limit: 20, batchSize: 20, singleBatch: true })
      .toArray()
    const posts = documents.map(({ _id, version: _, ...post }) => ({ id: _id.toHexString(), ...post }))
    return Response.json({ user_id: TENANTS.mongo, posts })
  } finally {
    ctx.waitUntil(client.close())
  }
}
