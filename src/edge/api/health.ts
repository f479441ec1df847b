import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { json, problems } from '../../routes/openapi.ts'
import { bannedBy, figure } from './figures.ts'

const status = z.enum(['healthy', 'unhealthy'])
/** Which kind of fault it is, where it is unhealthy: one that no retry mends is told apart. */
const code = z.string().optional()
const figures = { status, code, size: figure, free: figure, latency_ms: figure, banned_by: bannedBy }

const Health = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    services: z.object({
      database: z.object({ healthy: z.boolean(), pools: z.record(z.string(), z.object(figures)) }).optional(),
      mongo: z.object({ healthy: z.boolean(), ...figures }).optional(),
      redis: z.object({ healthy: z.boolean(), latency_ms: z.number() }).optional(),
    }),
  })
  .meta({ id: 'Health' })

export const readHealthRoute = createRoute({
  method: 'get',
  path: '/',
  tags: ['Operations'],
  summary: 'Ask the databases whether they answer',
  responses: {
    200: json(Health, 'Tenants can be served'),
    // Beside the report, what ends any request that the deployment cannot serve.
    503: {
      description: 'Tenants of an engine cannot be served, or `config_invalid`, `limiter_unavailable`.',
      content: {
        ...json(Health, '').content,
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      },
    },
    ...problems('rate_limited', 'internal_error'),
  },
})

export const readLiveness = createRoute({
  method: 'get',
  path: '/health/live',
  tags: ['Operations'],
  summary: 'Ask the Worker alone whether it runs',
  responses: { 200: json(z.object({ status: z.literal('alive') }), 'It runs') },
})
