import { MongoClient, type MongoClientOptions } from 'mongodb'
import { findNewest, MONGO_DATABASE, postOf } from '../newest-posts.ts'
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

/** The same answer as Rockpool's. */
export async function readDocuments(client: MongoClient, posts: number): Promise<Response> {
  const documents = await client.db(MONGO_DATABASE).collection('posts').find({}, findNewest(posts)).toArray()
  return Response.json({ user_id: TENANTS.mongo, posts: documents.map(postOf) })
}

/** What a plain Worker has to do. */
export async function documentsPerRequest(
  env: PeerEnv,
  ctx: ExecutionContext,
  posts: number,
): Promise<Response> {
  // More than one is of no use to one request.
  const client = openMongo(env, { maxPoolSize: 1 })
  try {
    return await readDocuments(client, posts)
  } finally {
    ctx.waitUntil(client.close())
  }
}
