import { Problem } from '../../../src/problem.ts'
import { routes } from '../../../src/routes/app.ts'

/** Rockpool as it is, and beside its routes one that keeps a connection busy in Postgres for `?ms=`. */
routes.get('/api/bench/hold', async (c) => {
  await using lease = await c.env.lease()
  const { connection } = lease
  if (connection.engine !== 'postgres') throw new Problem('not_found')
  await connection.query('SELECT pg_sleep($1)', [Number(c.req.query('ms')) / 1000])
  return c.json({})
})

export * from '../../../src/index.ts'
export { default } from '../../../src/index.ts'
