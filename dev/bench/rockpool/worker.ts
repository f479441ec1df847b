import { env } from 'cloudflare:workers'
import { Pool } from '@neondatabase/serverless'
import { edge } from '../../../src/edge/app.ts'
import type { Connection } from '../../../src/engines/connection.ts'
import { writeCall } from '../../../src/host/call.ts'
import { Problem } from '../../../src/problem.ts'
import { routes } from '../../../src/routes/app.ts'

/** Rockpool as it is, and beside its routes some that only a benchmark asks for. */
export * from '../../../src/index.ts'
export { default } from '../../../src/index.ts'

const QUESTION = 'SELECT 1 AS one'

/** Answers without a database, which leaves everything before the lease. */
routes.get('/api/bench/nothing', (c) => c.json({}))

/** Leases a connection `?times=` times in a row and does nothing with it. */
routes.get('/api/bench/lease', async (c) => {
  for (let times = Number(c.req.query('times')); times > 0; times--) {
    await using _ = await c.env.lease()
  }
  return c.json({})
})

/** Keeps a connection busy in Postgres for `?ms=`. */
routes.get('/api/bench/hold', async (c) => {
  await using lease = await c.env.lease()
  await postgres(lease).query('SELECT pg_sleep($1)', [Number(c.req.query('ms')) / 1000])
  return c.json({})
})

/** The least that a connection can be asked, on a leased one. */
routes.get('/api/bench/leased', async (c) => {
  await using lease = await c.env.lease()
  return c.json(await postgres(lease).query(QUESTION))
})

/**
 * The driver's own pool, with nothing around it. One tenant's requests alone may come here: its sockets belong to that
 * tenant's host.
 */
let raw: Pool | undefined
const RAW_SIZE = 20

/** The same as /leased, on the driver's own pool. */
routes.get('/api/bench/raw', async (c) => {
  if (!raw) {
    // The first lease makes the driver's settings, which are the isolate's.
    await using _ = await c.env.lease()
    const { DB_PRIMARY_DB_URL } = env as { readonly DB_PRIMARY_DB_URL?: string }
    raw = new Pool({ connectionString: DB_PRIMARY_DB_URL ?? '', max: RAW_SIZE })
  }
  const { rows } = await raw.query(QUESTION)
  return c.json(rows)
})

/**
 * Opens the pool `?key=` of one connection for `?tenant=` on the host `?host=`, whatever placement would say: so many
 * pools can be had on one host, or so many hosts with one pool.
 */
edge.get('/bench/open', async (c) => {
  const { engine, host = '', key = '', tenant: id = '' } = c.req.query()
  const tenant = { id, tier: 'free', engine: engine === 'mongo' ? 'mongo' : 'postgres' } as const
  const headers = new Headers()
  const pool = { key, tenant: id, minSize: 1, maxSize: 1, weight: 1 }
  writeCall(headers, { host, tenant, caller: { role: 'admin' }, pool, requestId: c.var.requestId })
  const answer = await c.env.POOL_HOST.getByName(host).fetch(
    new URL('/api/bench/lease?times=1', c.req.url).href,
    { headers },
  )
  return new Response(answer.body, answer)
})

function postgres({ connection }: { readonly connection: Connection }) {
  if (connection.engine !== 'postgres') throw new Problem('not_found')
  return connection
}
