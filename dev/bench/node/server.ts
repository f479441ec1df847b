import { createServer } from 'node:http'
import { MongoClient } from 'mongodb'
import pg from 'pg'
import { findNewest, MONGO_DATABASE, ONE_POST, postOf, selectNewest } from '../newest-posts.ts'
import { TENANTS } from '../tenants.ts'

/**
 * A plain Node server with one pool of each driver: no tenants, no limits, no cache, and no Worker in between. It is
 * told its port and the size of the pools.
 */
const { DB_URL, MONGODB_URI = '' } = process.env
const [port = 0, max = 1] = process.argv.slice(2).map(Number)
const postgres = new pg.Pool({ connectionString: DB_URL, max })
const mongo = new MongoClient(MONGODB_URI, { maxPoolSize: max })

async function rows(): Promise<object> {
  const { rows: posts } = await postgres.query(selectNewest(ONE_POST))
  return { user_id: TENANTS.postgres, posts }
}

async function documents(): Promise<object> {
  const found = await mongo.db(MONGO_DATABASE).collection('posts').find({}, findNewest(ONE_POST)).toArray()
  return { user_id: TENANTS.mongo, posts: found.map(postOf) }
}

/** Keeps a connection busy in Postgres. */
async function hold(ms: number): Promise<object> {
  await postgres.query('SELECT pg_sleep($1)', [ms / 1_000])
  return {}
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const work = {
    '/postgres': rows,
    '/mongo': documents,
    '/hold': () => hold(Number(searchParams.get('ms'))),
  }[pathname]
  if (!work) {
    response.writeHead(404).end()
    return
  }
  try {
    const body = JSON.stringify(await work())
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  } catch (error) {
    response.writeHead(500).end(error instanceof Error ? error.message : String(error))
  }
})
server.listen(port, '127.0.0.1')
