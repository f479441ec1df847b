import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { BODY_PROBLEMS, DATABASE_PROBLEMS, json, takes } from '../../routes/openapi.ts'
import { PoolName } from '../pool-name.ts'
import { ADMIN, adminProblems } from './admin-problems.ts'

const common = { tags: ['Connections'], security: ADMIN }

export const closePool = createRoute({
  ...common,
  method: 'post',
  path: '/close',
  summary: 'Close one pool by its host and name, once its leases are back',
  ...takes(PoolName),
  responses: {
    200: json(z.object({ host: z.string(), pool: z.string(), closed: z.literal(true) }), 'It is closed'),
    ...adminProblems('connection_not_found', ...BODY_PROBLEMS),
  },
})

export const recyclePool = createRoute({
  ...common,
  method: 'post',
  path: '/recycle',
  summary: 'Replace one pool by its host and name, without refusing anybody',
  ...takes(PoolName),
  responses: {
    200: json(z.object({ host: z.string(), pool: z.string(), recycled: z.literal(true) }), 'It is replaced'),
    ...adminProblems('connection_not_found', ...BODY_PROBLEMS, ...DATABASE_PROBLEMS),
  },
})
