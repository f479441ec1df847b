import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { json, time } from '../../routes/openapi.ts'
import type { DashboardHistory, DashboardView } from '../dashboard/contract.ts'
import { ADMIN, adminProblems } from './admin-problems.ts'
import { figure, hostPlacement, poolState } from './figures.ts'

const common = { tags: ['Dashboard'], security: ADMIN }

const Service = z
  .object({ name: z.string(), status: z.enum(['healthy', 'unhealthy']), latency_ms: figure })
  .meta({ id: 'DashboardService' })

const Cluster = z
  .object({
    cluster: z.string(),
    hosts: figure,
    pools: figure,
    used: figure,
    free: figure,
    open: figure,
    waiting: figure,
    granted: figure,
    limit: figure,
    max: figure.nullable(),
    held: figure,
  })
  .meta({ id: 'DashboardCluster' })

const Pool = z
  .object({
    cluster: z.string(),
    host: z.string(),
    pool: z.string(),
    tenant: z.string().nullable(),
    tier: z.string().nullable(),
    placement: hostPlacement,
    state: poolState,
    size: figure,
    used: figure,
    free: figure,
    waiting: figure,
    max_size: figure,
    reuse: figure.nullable(),
    wait_p95_ms: figure.nullable(),
    opened_at: figure,
    last_used_at: figure,
    paused: z.boolean(),
    stale: z.boolean(),
  })
  .meta({ id: 'DashboardPool' })

const Event = z
  .object({ at: time, event: z.string(), level: z.enum(['info', 'warn', 'error']) })
  .catchall(z.union([z.string(), figure, z.boolean(), z.null(), z.array(z.string())]))
  .meta({ id: 'DashboardEvent', description: 'As it was logged: ids, words and numbers.' })

const View: z.ZodType<DashboardView> = z
  .object({
    at: time,
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    services: z.array(Service),
    limiter: z.object({ state: z.enum(['off', 'working', 'failing']) }),
    strategy: z.object({
      configured: z.string(),
      in_force: z.string(),
      placements: z.record(z.string(), z.string()),
    }),
    active_tenants: figure,
    paused: z.object({
      fleet_since: time.nullable(),
      tenants: z.array(z.object({ tenant: z.string(), since: time })),
    }),
    clusters: z.array(Cluster),
    pools: z.array(Pool),
    more_pools: figure,
    events: z.array(Event),
    refused: z.array(z.object({ tenant: z.string(), policy: z.string(), refused: figure, last_at: time })),
  })
  .meta({ id: 'DashboardView' })

const sums = { used: figure, free: figure, waiting: figure }

const History: z.ZodType<DashboardHistory> = z
  .object({
    samples: z.array(z.object({ at: figure, clusters: z.record(z.string(), z.object(sums)), ...sums })),
  })
  .meta({ id: 'DashboardHistory' })

export const readViewRoute = createRoute({
  ...common,
  method: 'get',
  path: '/view',
  summary: 'What the dashboard shows',
  responses: {
    200: json(View, 'The fleet at one moment; pools the busiest first, events the newest first'),
    ...adminProblems(),
  },
})

export const readHistoryRoute = createRoute({
  ...common,
  method: 'get',
  path: '/history',
  summary: 'Connections over the last 15 minutes',
  responses: {
    200: json(History, 'A sample every five seconds in which hosts reported'),
    ...adminProblems(),
  },
})

export const streamViewsRoute = createRoute({
  ...common,
  method: 'get',
  path: '/stream',
  summary: 'What the dashboard shows, every second',
  responses: {
    200: {
      description: 'Server-sent events `view`, for two minutes; then it is to be asked for again',
      content: { 'text/event-stream': { schema: { type: 'string' as const } } },
    },
    ...adminProblems(),
  },
})
