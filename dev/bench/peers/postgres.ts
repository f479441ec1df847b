import { neonConfig, Pool } from '@neondatabase/serverless'
import { TENANTS } from '../tenants.ts'
import type { PeerEnv } from './env.ts'

/**
 * A pool with the driver's defaults, but for the way to a Postgres that is not Neon's. Among them is that password and
 * first query are sent without waiting for the server, which saves whoever connects for every request round trips.
 */
export function openPostgres(env: PeerEnv): Pool {
  neonConfig.wsProxy = () => env.NEON_WS_PROXY
  neonConfig.useSecureWebSocket = false
  return new Pool({ connectionString: env.DB_PRIMARY_DB_URL })
}

/** Which server process answers. */
export async function postgresConnection(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return `${rows[0]?.pid}`
}

/** The same statement as src/routes/posts/postgres.ts, and the same answer. */
export async function postsPerRequest(env: PeerEnv, ctx: ExecutionContext): Promise<Response> {
  const pool = openPostgres(env)
  try {
    const { rows } = await pool.query(
      `SELECT id, title, content, tags, views::float8 AS views, likes::float8 AS likes, created_at, updated_at
         FROM "tenant_${TENANTS.postgres}".posts
        ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2`,
      [20, 0],
    )
    return Response.json({ user_id: TENANTS.postgres, posts: rows })
  } finally {
    ctx.waitUntil(pool.end())
  }
}
