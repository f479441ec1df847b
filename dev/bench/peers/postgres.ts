import { Client, neonConfig, Pool, type PoolConfig } from '@neondatabase/serverless'
import { selectNewest } from '../newest-posts.ts'
import { TENANTS } from '../tenants.ts'
import type { PeerEnv } from './env.ts'

/**
 * A pool with the driver's defaults, but for `options` and the way to a Postgres that is not Neon's. Among them is that
 * password and first query are sent without waiting for the server, which saves whoever connects for every request
 * round trips.
 */
export function openPostgres(env: PeerEnv, options: PoolConfig = {}): Pool {
  throughProxy(env)
  return new Pool({ ...options, connectionString: env.DB_PRIMARY_DB_URL })
}

/** Which server process answers. */
export async function postgresConnection(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return `${rows[0]?.pid}`
}

/** The same answer as Rockpool's. */
export async function readRows(pool: Pick<Pool, 'query'>, posts: number): Promise<Response> {
  const { text, values } = selectNewest(posts)
  const { rows } = await pool.query(text, values)
  return Response.json({ user_id: TENANTS.postgres, posts: rows })
}

/** What a plain Worker has to do. */
export async function rowsPerRequest(env: PeerEnv, ctx: ExecutionContext, posts: number): Promise<Response> {
  const pool = openPostgres(env)
  try {
    return await readRows(pool, posts)
  } finally {
    ctx.waitUntil(pool.end())
  }
}

/** The same where Postgres asks for SCRAM, for which nothing can be sent ahead. */
export async function rowsPerRequestByScram(
  env: PeerEnv,
  ctx: ExecutionContext,
  posts: number,
): Promise<Response> {
  throughProxy(env)
  const client = new Client(env.SCRAM_DB_URL)
  client.neonConfig.pipelineConnect = false
  await client.connect()
  try {
    return await readRows(client, posts)
  } finally {
    ctx.waitUntil(client.end())
  }
}

function throughProxy(env: PeerEnv): void {
  neonConfig.wsProxy = () => env.NEON_WS_PROXY
  neonConfig.useSecureWebSocket = false
}
