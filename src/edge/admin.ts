import { Hono } from 'hono'
import { addCounters, NO_COUNTERS, type PoolCounters, type PoolStatistics } from '../pools/statistics.ts'
import { Problem } from '../problem.ts'
import { TenantId } from '../tenants/tenant.ts'
import { adminOnly } from './admin-only.ts'
import type { EdgeEnv } from './bindings.ts'
import { readFleet } from './fleet.ts'
import { callHost } from './hosts.ts'
import { placeOf } from './place.ts'

/** Looking at the tenants' pools and closing them. */
export const admin = new Hono<EdgeEnv>()

admin.use(adminOnly)

admin.get('/connections', async (c) => {
  const { config } = c.var
  const clusters = await readFleet(c.env, config)
  const live = clusters.flatMap((view) => view.hosts).filter((host) => !host.stale)
  const pools = live.flatMap((host) => host.pools).filter((pool) => pool.tenant !== null)
  const counters = clusters.map((view) => view.counters).reduce(addCounters, NO_COUNTERS)
  const users = new Set(pools.map((pool) => pool.tenant)).size
  const open = pools.reduce((sum, pool) => sum + pool.size, 0)
  return c.json({
    total_connections: pools.length,
    active_users: users,
    open_connections: open,
    user_pool_size: config.pool.maxSize,
    idle_timeout: config.pool.maxIdleMs / 1000,
    total_potential_connections: pools.reduce((sum, pool) => sum + pool.max_size, 0),
    total_connections_created: counters.connections_created,
    total_connections_closed: counters.connections_closed,
    connection_errors: counters.connection_errors,
    slow_queries: counters.slow_queries,
    avg_connections_per_user: users === 0 ? 0 : round(open / users),
    reuse: reuse(counters),
  })
})

admin.get('/connections/:user_id', async (c) => {
  const id = userId(c.req.param('user_id'))
  const { host, pool } = placeOf({ id })
  const { requestId } = c.var
  const found = await callHost(c.env, { host, requestId, repeatable: true }, (stub) => stub.inspect(pool))
  if (!found) throw noConnection(id)
  return c.json({ user_id: id, host, pool: shown(found.pool), server: found.server })
})

admin.delete('/connections/:user_id', async (c) => {
  const id = userId(c.req.param('user_id'))
  const { host, pool } = placeOf({ id })
  const { requestId } = c.var
  const closed = await callHost(c.env, { host, requestId, repeatable: true }, (stub) => stub.close(pool))
  if (!closed) throw noConnection(id)
  return c.json({ user_id: id, message: `Connection of ${id} closed` })
})

admin.delete('/connections', async (c) => {
  const { requestId } = c.var
  const clusters = await readFleet(c.env, c.var.config)
  const hosts = [...new Set(clusters.flatMap((view) => view.hosts.map((host) => host.host)))]
  let closed = 0
  // A few at a time: a large fleet must not make one request open hundreds of calls at once.
  for (let at = 0; at < hosts.length; at += HOSTS_AT_ONCE) {
    const answers = hosts
      .slice(at, at + HOSTS_AT_ONCE)
      .map((host) => callHost(c.env, { host, requestId, repeatable: true }, (stub) => stub.closeAll()))
    closed += (await Promise.all(answers)).reduce((sum, pools) => sum + pools, 0)
  }
  return c.json({ closed, message: `${closed} connections closed` })
})

const HOSTS_AT_ONCE = 20

function userId(value: string): string {
  const id = TenantId.safeParse(value)
  if (!id.success) throw new Problem('invalid_user_id', { field: 'user_id' })
  return id.data
}

function noConnection(id: string): Problem {
  return new Problem('connection_not_found', { detail: `No connection found for ${id}` })
}

/** How often a lease found a connection that had served before. */
function reuse({ leases, reuses, connections_created }: PoolCounters) {
  return {
    total_reuses: reuses,
    avg_reuses_per_connection: connections_created === 0 ? 0 : round(reuses / connections_created),
    reuse_rate: leases === 0 ? 0 : round(reuses / leases),
  }
}

function shown({ opened_at, last_used_at, ...pool }: PoolStatistics) {
  return {
    ...pool,
    opened_at: new Date(opened_at).toISOString(),
    last_used_at: new Date(last_used_at).toISOString(),
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
