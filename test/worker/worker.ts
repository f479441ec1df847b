import { Hono } from 'hono'
import type { PooledConnection } from '../../src/engines/engine.ts'
import type { Lease } from '../../src/pools/lease.ts'
import { routes } from '../../src/routes/app.ts'
import type { RouteEnv } from '../../src/routes/bindings.ts'
import { read } from '../../src/routes/read.ts'

/**
 * The Worker under test: Rockpool as it is, and beside its routes two that show and hold what tests ask about. They
 * run where all routes run, on a lease of the tenant's pool.
 */
const probes = new Hono<RouteEnv>()

/** Which connection of the server a lease runs on. */
probes.get('/connection', async (c) => {
  await using lease = await c.env.lease()
  const { connection } = lease
  if (connection.engine === 'postgres') {
    const [row] = await connection.query<{ id: number }>('SELECT pg_backend_pid() AS id')
    return c.json({ id: row?.id })
  }
  const hello = await connection.run('admin', (db) => db.command({ hello: 1 }))
  return c.json({ id: hello.connectionId as number })
})

/** What kind of server a read runs on, after `?ms=` there. */
probes.get('/read', async (c) => {
  const ms = Number(c.req.query('ms') ?? 0)
  const source = await read(c, 'posts.find', async (connection) => {
    if (connection.engine === 'mongo') {
      return connection.run('admin', async (db) => db.readPreference?.mode ?? 'none')
    }
    const [row] = await connection.query<{ standby: boolean }>(
      'SELECT pg_is_in_recovery() AS standby, pg_sleep($1)',
      [ms / 1000],
    )
    return row?.standby ? 'standby' : 'primary'
  })
  return c.json({ source })
})

/** Writes in what says of itself that it is a read. */
probes.get('/writing-read', async (c) => {
  await read(c, 'posts.find', async (connection) => {
    if (connection.engine === 'postgres') await connection.query('CREATE TABLE never_made ()')
  })
  return c.json({})
})

/** Keeps a connection busy in the database for `?ms=`. */
probes.get('/hold', async (c) => {
  const ms = Number(c.req.query('ms'))
  // In a pool host what routes get is the pool's own lease.
  await using lease = (await c.env.lease()) as Lease<PooledConnection>
  const { connection } = lease
  if (connection.engine === 'postgres') {
    await connection.query('SELECT pg_sleep($1)', [ms / 1000])
  } else {
    // MongoDB has no sleep for everybody: the test tells the proxy to delay the answer for as long.
    await connection.run('admin', (db) =>
      db.command({ listDatabases: 1, nameOnly: true, filter: { name: 'none' } }),
    )
  }
  return c.json({ wait_ms: lease.waitMs })
})

/** How many connections `?host=` has on Postgres; how many there are at all on MongoDB, which tells no more. */
probes.get('/server-connections', async (c) => {
  await using lease = await c.env.lease()
  const { connection } = lease
  if (connection.engine === 'mongo') {
    const status = await connection.run('admin', (db) => db.command({ serverStatus: 1 }))
    return c.json({ count: (status.connections as { current: number }).current })
  }
  const [row] = await connection.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = $1',
    [`rockpool/${c.req.query('host')}`],
  )
  return c.json({ count: row?.count })
})

/** Runs a statement that the database refuses. */
probes.get('/bad-statement', async (c) => {
  await using lease = await c.env.lease()
  const { connection } = lease
  if (connection.engine === 'postgres') await connection.query('SELECT no_such_column')
  else await connection.run('admin', (db) => db.command({ noSuchCommand: 1 }))
  return c.json({})
})

/** Cancels what others hold, so that their connections come back. */
probes.post('/cancel-holds', async (c) => {
  await using lease = await c.env.lease()
  if (lease.connection.engine === 'postgres') {
    await lease.connection.query(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'",
    )
  }
  return c.json({})
})

/** Ends every other backend of the Postgres server, as an administrator's restart would. */
probes.post('/kill-others', async (c) => {
  await using lease = await c.env.lease()
  if (lease.connection.engine === 'postgres') {
    await lease.connection.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    )
  }
  return c.json({})
})

routes.route('/api/test', probes)

export * from '../../src/index.ts'
export { default } from '../../src/index.ts'
