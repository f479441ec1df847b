import type { Context } from 'hono'
import type { ReportedPool } from '../ledger/report.ts'
import { addCounters, NO_COUNTERS, type PoolCounts } from '../pools/counters.ts'
import { addBuckets, NO_BUCKETS, percentiles } from '../pools/histogram.ts'
import { Problem } from '../problem.ts'
import { openApiApp } from '../routes/openapi.ts'
import { lookUpTenant } from '../tenants/directory.ts'
import { type Tenant, TenantId } from '../tenants/tenant.ts'
import { adminOnly } from './admin-only.ts'
import {
  closeConnection,
  closeConnections,
  readConnection,
  readConnections,
  recycleConnection,
} from './api/connections.ts'
import { pauseTenants, readFleetRoute, resumeTenants } from './api/fleet.ts'
import type { EdgeEnv } from './bindings.ts'
import { fleetCacheView } from './cache-view.ts'
import { readFleet } from './fleet.ts'
import { fleetNumbers, servingPools } from './fleet-numbers.ts'
import { fleetView } from './fleet-view.ts'
import { callEach, callHost } from './hosts.ts'
import { placesInForce } from './in-force.ts'
import { limiterView } from './limit.ts'
import { changePause } from './pause.ts'
import type { HostPlacement } from './place.ts'
import { pools } from './pools.ts'
import { recyclePools } from './recycle.ts'
import { sizing } from './sizing.ts'
import { strategyView } from './strategy-view.ts'
import { tenants } from './tenants.ts'

/** Looking at the fleet and the tenants' pools, closing and recycling them, pausing and resuming tenants. */
export const admin = openApiApp<EdgeEnv>()

admin.use(adminOnly)
admin.route('/pools', pools)
admin.route('/sizing', sizing)
admin.route('/tenants', tenants)

admin.openapi(readConnections, async (c) => {
  const { config } = c.var
  const clusters = await readFleet(c.env, config)
  const pools = servingPools(clusters)
  const counters = clusters.map((view) => view.counters).reduce(addCounters, NO_COUNTERS)
  const { active_tenants: users, open_connections: open, max_connections: max } = fleetNumbers(clusters)
  return c.json(
    {
      total_connections: pools.length,
      active_users: users,
      open_connections: open,
      user_pool_size: config.pool.maxSize,
      idle_timeout: config.pool.maxIdleMs / 1000,
      total_potential_connections: max,
      total_connections_created: counters.connections_created,
      total_connections_closed: counters.connections_closed,
      connection_errors: counters.connection_errors,
      slow_queries: counters.slow_queries,
      avg_connections_per_user: users === 0 ? 0 : round(open / users),
      reuse: reuse(counters),
      pools_opened: counters.pools_opened,
      pools_closed: counters.pools_closed,
      cache: fleetCacheView(clusters),
      wait_ms: percentiles(pools.map((pool) => pool.wait).reduce(addBuckets, NO_BUCKETS)),
      use_ms: percentiles(pools.map((pool) => pool.use).reduce(addBuckets, NO_BUCKETS)),
    },
    200,
  )
})

admin.openapi(readConnection, async (c) => {
  const id = userId(c.req.valid('param').user_id)
  const { config, requestId } = c.var
  const tenant = await lookUpTenant(id, config)
  const hosts = await hostsOf(c, tenant)
  const asked = hosts.map(async ({ kind, host, pool }) => {
    const call = { host, requestId, repeatable: true }
    const found = await callHost(c.env, config, call, (stub) => stub.inspect(pool.key))
    return found && { kind, host, ...found }
  })
  const found = (await Promise.all(asked)).filter((one) => one !== null)
  const [first] = found
  if (!first) throw noConnection(id)
  return c.json(
    {
      user_id: id,
      tier: tenant.tier,
      placement: first.kind,
      pools: found.flatMap(({ host, pool, replicas = [] }) =>
        [pool, ...replicas].map((one) => ({ host, ...shown(one) })),
      ),
      server: first.server,
    },
    200,
  )
})

admin.openapi(closeConnection, async (c) => {
  const id = userId(c.req.valid('param').user_id)
  const { config, requestId } = c.var
  const hosts = await hostsOf(c, await lookUpTenant(id, config))
  const closing = hosts.map(({ host, pool }) =>
    callHost(c.env, config, { host, requestId, repeatable: true }, (stub) => stub.close(pool.key)),
  )
  const closed = await Promise.all(closing)
  if (!closed.includes(true)) throw noConnection(id)
  return c.json({ user_id: id, message: `Connection of ${id} closed` }, 200)
})

admin.openapi(closeConnections, async (c) => {
  const { config, requestId } = c.var
  const clusters = await readFleet(c.env, config)
  // A pool that was opened a moment ago is known by its grant alone.
  const hosts = new Set(
    clusters.flatMap(({ budget, hosts }) => [...budget.holders, ...hosts.map(({ host }) => host)]),
  )
  const answers = await callEach([...hosts], (host) =>
    callHost(c.env, config, { host, requestId, repeatable: true }, (stub) => stub.closeAll()),
  )
  const closed = answers.reduce((sum, pools) => sum + pools, 0)
  return c.json({ closed, message: `${closed} connections closed` }, 200)
})

admin.openapi(recycleConnection, async (c) => {
  const id = userId(c.req.valid('param').user_id)
  const recycled = await recyclePools(c, await hostsOf(c, await lookUpTenant(id, c.var.config)))
  if (recycled === 0) throw noConnection(id)
  return c.json({ user_id: id, recycled, message: `Connection of ${id} recycled` }, 200)
})

admin.openapi(readFleetRoute, async (c) => {
  const { config } = c.var
  const [clusters, strategy] = await Promise.all([readFleet(c.env, config), strategyView(c)])
  return c.json({ strategy, ...fleetView(clusters, config), limiter: limiterView(config) }, 200)
})

admin.openapi(pauseTenants, async (c) => {
  const { user_id } = c.req.valid('json')
  return c.json({ user_id, paused: true, ...(await changePause(c, 'pause', user_id)) }, 200)
})

admin.openapi(resumeTenants, async (c) => {
  const { user_id } = c.req.valid('json')
  return c.json({ user_id, paused: false, ...(await changePause(c, 'resume', user_id)) }, 200)
})

/** The hosts that a tenant's pool may be on; none for one that runs without a host. */
async function hostsOf(c: Context<EdgeEnv>, tenant: Tenant): Promise<HostPlacement[]> {
  return (await placesInForce(c, tenant)).filter((place) => place.kind !== 'isolate')
}

function userId(value: string): string {
  const id = TenantId.safeParse(value)
  if (!id.success) throw new Problem('invalid_user_id', { field: 'user_id' })
  return id.data
}

function noConnection(id: string): Problem {
  return new Problem('connection_not_found', { detail: `No connection found for ${id}` })
}

/** How often a lease found a connection that had served before. */
function reuse({ leases, reuses, connections_created }: PoolCounts) {
  return {
    total_reuses: reuses,
    avg_reuses_per_connection: connections_created === 0 ? 0 : round(reuses / connections_created),
    reuse_rate: leases === 0 ? 0 : round(reuses / leases),
  }
}

/** How long opening connections took is a metric of the cluster: of one pool there are too few for percentiles. */
function shown({ opened_at, last_used_at, create, wait, use, ...pool }: ReportedPool) {
  return {
    ...pool,
    wait_ms: percentiles(wait),
    use_ms: percentiles(use),
    opened_at: new Date(opened_at).toISOString(),
    last_used_at: new Date(last_used_at).toISOString(),
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
