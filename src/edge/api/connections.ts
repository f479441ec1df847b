import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { DATABASE_PROBLEMS, json, time } from '../../routes/openapi.ts'
import { ENGINES, TIERS } from '../../tenants/tenant.ts'
import { ADMIN, adminProblems } from './admin-problems.ts'
import {
  counts,
  figure,
  hostPlacement,
  Percentiles,
  PoolsClosed,
  poolState,
  poolSums,
  QueryCache,
} from './figures.ts'

const common = { tags: ['Connections'], security: ADMIN }
const params = z.object({ user_id: z.string() })
const user_id = z.string()
const message = z.string()
const ofOne = adminProblems(
  'invalid_user_id',
  'unknown_tenant',
  'connection_not_found',
  'directory_unavailable',
)

const Pool = z
  .object({
    host: z.string(),
    id: z.string().optional(),
    key: z.string(),
    tenant: z.string().nullable(),
    tier: z.enum(TIERS).nullable().optional(),
    engine: z.enum(ENGINES),
    cluster: z.string(),
    state: poolState,
    ...poolSums,
    wanted_size: figure.optional(),
    ...counts,
    wait_ms: Percentiles,
    use_ms: Percentiles,
    opened_at: time,
    last_used_at: time,
  })
  .meta({ id: 'Pool' })

const Server = z
  .object({ current: figure, max: figure, ours: figure.optional() })
  .meta({ id: 'ServerConnections', description: "The server's own count of its connections." })

export const readConnections = createRoute({
  ...common,
  method: 'get',
  path: '/connections',
  summary: "The tenants' connections in figures",
  responses: {
    200: json(
      z.object({
        total_connections: figure,
        active_users: figure,
        open_connections: figure,
        user_pool_size: figure,
        idle_timeout: figure,
        total_potential_connections: figure,
        total_connections_created: figure,
        total_connections_closed: figure,
        connection_errors: figure,
        slow_queries: figure,
        avg_connections_per_user: figure,
        reuse: z.object({ total_reuses: figure, avg_reuses_per_connection: figure, reuse_rate: figure }),
        pools_opened: figure,
        pools_closed: PoolsClosed,
        cache: QueryCache,
        wait_ms: Percentiles,
        use_ms: Percentiles,
      }),
      'Pools that are open now; what was created, closed and opened counts from the first deployment on',
    ),
    ...adminProblems(),
  },
})

export const readConnection = createRoute({
  ...common,
  method: 'get',
  path: '/connections/{user_id}',
  summary: 'The pools that a tenant runs on',
  request: { params },
  responses: {
    200: json(
      z.object({
        user_id,
        tier: z.enum(TIERS),
        placement: hostPlacement,
        pools: z.array(Pool),
        server: Server.nullable(),
      }),
      "The pools, with the server's own counts",
    ),
    ...ofOne,
  },
})

export const closeConnection = createRoute({
  ...common,
  method: 'delete',
  path: '/connections/{user_id}',
  summary: 'Drain and close the pools that a tenant runs on',
  request: { params },
  responses: { 200: json(z.object({ user_id, message }), 'They are closed'), ...ofOne },
})

export const closeConnections = createRoute({
  ...common,
  method: 'delete',
  path: '/connections',
  summary: 'Drain and close every pool',
  responses: { 200: json(z.object({ closed: figure, message }), 'They are closed'), ...adminProblems() },
})

export const recycleConnection = createRoute({
  ...common,
  method: 'post',
  path: '/connections/{user_id}/recycle',
  summary: "Replace a tenant's pools by new ones without failing a request",
  request: { params },
  responses: {
    200: json(z.object({ user_id, recycled: figure, message }), 'They are replaced'),
    ...adminProblems(
      'connection_not_found',
      'invalid_user_id',
      'unknown_tenant',
      'directory_unavailable',
      ...DATABASE_PROBLEMS,
    ),
  },
})
