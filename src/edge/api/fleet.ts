import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { ALGORITHMS, FAILURES } from '../../limit-settings.ts'
import { BODY_PROBLEMS, json, takes, time } from '../../routes/openapi.ts'
import { TIERS } from '../../tenants/tenant.ts'
import { PLACEMENTS } from '../../tenants/tier.ts'
import { PauseScope } from '../pause.ts'
import { ADMIN, adminProblems } from './admin-problems.ts'
import { bannedBy, counts, figure, hostPlacement, PoolsClosed, strategy } from './figures.ts'
import { HostRow } from './hosts.ts'

const common = { tags: ['Fleet'], security: ADMIN }

const Buckets = z
  .object({ counts: z.array(figure).readonly(), sum: figure })
  .meta({ id: 'Buckets', description: 'A histogram: counts per step, and the sum in milliseconds.' })

const ClusterRow = z
  .object({
    cluster: z.string(),
    hosts: figure,
    pools: figure,
    open: figure,
    used: figure,
    waiting: figure,
    paused: figure,
    max_size: figure,
    banned_by: bannedBy,
    budget: z.object({
      max: figure.nullable(),
      source: z.enum(['configured', 'server', 'assumed', 'unknown']),
      limit: figure,
      granted: figure,
      waiting: figure,
      recalled: figure,
      denied: figure,
    }),
    totals: z.object({
      ...counts,
      create: Buckets,
      wait: Buckets,
      use: Buckets,
      pools_opened: figure,
      pools_closed: PoolsClosed,
      cache_hits: figure,
      cache_misses: figure,
      cache_bypasses: figure,
    }),
  })
  .meta({ id: 'ClusterRow' })

const TierRow = z
  .object({
    size: figure,
    weight: figure,
    shards: figure,
    placement: z.enum([...PLACEMENTS, 'auto']),
    rate_limit: figure,
  })
  .meta({ id: 'TierRow' })

const Fleet = z
  .object({
    strategy: z.object({
      configured: z.enum(['tiers', 'auto', ...PLACEMENTS]),
      in_force: z.enum(['tiers', ...PLACEMENTS]),
      auto: strategy,
      auto_since: time,
      active_tenants: figure.nullable(),
    }),
    clusters: z.array(ClusterRow),
    active_tenants: figure,
    tiers: z.record(z.enum(TIERS), TierRow),
    paused: z.object({
      fleet_since: time.nullable(),
      tenants: z.array(z.object({ user_id: z.string(), since: time })),
      more_tenants: figure,
    }),
    hosts: z.array(
      HostRow.extend({ placement: hostPlacement, location_hint: z.string().nullable() }).meta({
        id: 'PlacedHostRow',
      }),
    ),
    more_hosts: figure,
    limiter: z.object({
      state: z.enum(['off', 'working', 'failing']),
      algorithm: z.enum(ALGORITHMS),
      failure: z.enum(FAILURES),
      reserve: z.union([figure, z.literal('auto')]),
    }),
  })
  .meta({ id: 'Fleet' })

export const readFleetRoute = createRoute({
  ...common,
  method: 'get',
  path: '/fleet',
  summary: 'The whole fleet at one look',
  responses: {
    200: json(Fleet, 'Strategy, clusters with their budgets, hosts (the first 500), tiers, pauses, limiter'),
    ...adminProblems(),
  },
})

const Changed = z.object({
  user_id: z.string().nullable(),
  paused: z.boolean(),
  hosts: figure,
  unreached: figure,
})

export const pauseTenants = createRoute({
  ...common,
  method: 'post',
  path: '/pause',
  summary: "Hold a tenant's requests back, or with {} everybody's",
  ...takes(PauseScope),
  responses: { 200: json(Changed, 'How many hosts heard of it'), ...adminProblems(...BODY_PROBLEMS) },
})

export const resumeTenants = createRoute({
  ...common,
  method: 'post',
  path: '/resume',
  summary: 'Let them go on',
  ...takes(PauseScope),
  responses: { 200: json(Changed, 'How many hosts heard of it'), ...adminProblems(...BODY_PROBLEMS) },
})
