import { routes } from '../../../src/routes/app.ts'

/** Rockpool as it is, and beside its routes one that leases a connection `?times=` times in a row and does nothing. */
routes.get('/api/bench/lease', async (c) => {
  for (let times = Number(c.req.query('times')); times > 0; times--) {
    await using _ = await c.env.lease()
  }
  return c.json({})
})

export * from '../../../src/index.ts'
export { default } from '../../../src/index.ts'
