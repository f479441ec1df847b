import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { json } from '../../routes/openapi.ts'
import { QuestionQuery } from '../sizing-input.ts'
import { ADMIN, adminProblems } from './admin-problems.ts'
import { figure, strategy } from './figures.ts'

const Cost = z
  .object({
    hosts: figure,
    ledgers: figure,
    gb_seconds: figure,
    reports: figure,
    duration_usd: figure,
    reports_usd: figure,
    usd: figure,
    usd_per_million_requests: figure,
  })
  .meta({ id: 'DailyCost' })

const Prices = z.object({
  source: z.string(),
  as_of: z.string(),
  gb_per_object: figure,
  usd_per_million_gb_seconds: figure,
  included_gb_seconds_per_month: figure,
  usd_per_million_requests: figure,
  included_requests_per_month: figure,
})

const Sizing = z
  .object({
    source: z.enum(['question', 'fleet']),
    concurrent_users: figure,
    requests_per_user: figure,
    available_connections: figure,
    pool_size: figure,
    max_users: figure,
    total_connections: figure,
    strategy,
    reason: z.string(),
    fleet: z
      .object({
        active_tenants: figure,
        open_connections: figure,
        max_connections: figure,
        available_connections: figure,
      })
      .optional(),
    cost_per_day: z.object({
      shared: Cost,
      grouped: Cost,
      dedicated: Cost,
      isolate: Cost,
      prices: Prices,
    }),
  })
  .meta({ id: 'Sizing' })

/** Checked by its handler: with none of the numbers the question is about the fleet, with one all are needed. */
export const readSizing = createRoute({
  method: 'get',
  path: '/',
  tags: ['Fleet'],
  summary: 'How large pools may be, and what each placement costs a day',
  description: 'Without the three numbers the answer is about the fleet as it is now.',
  security: ADMIN,
  request: { query: QuestionQuery.partial() },
  responses: { 200: json(Sizing, 'Sizes, a recommendation and costs'), ...adminProblems('invalid_request') },
})
