import { Problem } from '../problem.ts'
import { openApiApp } from '../routes/openapi.ts'
import { closePool, recyclePool } from './api/pools.ts'
import type { EdgeEnv } from './bindings.ts'
import { callHost } from './hosts.ts'
import { recyclePools } from './recycle.ts'

/** Closing and recycling a pool that is named by its host and key: also one that tenants share. */
export const pools = openApiApp<EdgeEnv>()

pools.openapi(closePool, async (c) => {
  const { host, pool } = c.req.valid('json')
  const { config, requestId } = c.var
  const closed = await callHost(c.env, config, { host, requestId, repeatable: true }, (stub) =>
    stub.close(pool),
  )
  if (!closed) throw notFound()
  return c.json({ host, pool, closed: true as const }, 200)
})

pools.openapi(recyclePool, async (c) => {
  const { host, pool } = c.req.valid('json')
  const recycled = await recyclePools(c, [{ host, pool: { key: pool } }])
  if (recycled === 0) throw notFound()
  return c.json({ host, pool, recycled: true as const }, 200)
})

function notFound(): Problem {
  return new Problem('connection_not_found', { detail: 'The host has no such pool.' })
}
