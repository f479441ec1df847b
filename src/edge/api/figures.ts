import { z } from 'zod'
import { PLACEMENTS } from '../../tenants/tier.ts'

/** Figures that several answers have. */

export const figure = z.number()

export const Percentiles = z
  .object({ p50: figure.nullable(), p95: figure.nullable(), p99: figure.nullable() })
  .meta({ id: 'Percentiles', description: 'Whole milliseconds; null before the first.' })

export const poolState = z.enum(['opening', 'open', 'draining', 'closed'])

/** Where a host's tenants run; `health` is the one that health checks run on. */
export const hostPlacement = z.enum(['shared', 'grouped', 'dedicated', 'health'])

export const placement = z.enum(PLACEMENTS)

export const strategy = z.enum(['shared', 'grouped', 'dedicated'])

export const poolSums = {
  size: figure,
  free: figure,
  used: figure,
  waiting: figure,
  min_size: figure,
  max_size: figure,
}

/** How many hosts have banned a replica. */
export const bannedBy = figure.optional()

/** What query caches hold, and how requests met them. */
export const QueryCache = z
  .object({
    hits: figure,
    misses: figure,
    bypasses: figure,
    hit_rate: figure.nullable(),
    entries: figure,
    bytes: figure,
  })
  .meta({ id: 'QueryCache' })

/** How often what happened in pools. */
export const counts = {
  connections_created: figure,
  connections_closed: figure,
  connection_errors: figure,
  leases: figure,
  reuses: figure,
  lease_timeouts: figure,
  slow_queries: figure,
}

export const PoolsClosed = z
  .object({
    idle: figure,
    lru: figure,
    recycled: figure,
    drained: figure,
    recalled: figure,
    error: figure,
  })
  .meta({ id: 'PoolsClosed', description: 'How many pools were closed for which reason.' })
