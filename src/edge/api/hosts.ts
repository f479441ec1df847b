import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { json, time } from '../../routes/openapi.ts'
import { ADMIN, adminProblems } from './admin-problems.ts'
import { bannedBy, Percentiles, poolState, poolSums, QueryCache } from './figures.ts'

const PoolRow = z
  .object({
    cluster: z.string(),
    tenant: z.string().nullable(),
    state: poolState,
    ...poolSums,
    wanted_size: z.number().optional(),
    wait_ms: Percentiles,
    use_ms: Percentiles,
  })
  .meta({ id: 'PoolRow' })

/** A host as it last reported. */
export const HostRow = z
  .object({
    host: z.string(),
    stale: z.boolean(),
    reported_at: time,
    cache: QueryCache,
    pools: z.array(PoolRow),
  })
  .meta({ id: 'HostRow' })

const Sums = z.object({ ...poolSums, banned_by: bannedBy }).meta({ id: 'PoolSums' })

export const readPoolMetrics = createRoute({
  method: 'get',
  path: '/db-pool',
  tags: ['Operations'],
  summary: 'Pools of the whole fleet in figures',
  security: ADMIN,
  responses: {
    200: json(
      z
        .object({
          primary: Sums.optional(),
          replica: Sums.optional(),
          mongo: Sums.optional(),
          hosts: z.array(HostRow),
        })
        // Of several replicas each has its own: replica-1, replica-2, …
        .catchall(z.union([Sums, z.array(HostRow)])),
      'Sums per cluster, and one row per host',
    ),
    ...adminProblems(),
  },
})
