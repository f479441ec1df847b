import type { Tier } from './tenant.ts'

/** Where a tenant's requests run and its pool lives; see docs/decisions and the README's table of placements. */
export const PLACEMENTS = ['shared', 'grouped', 'dedicated', 'isolate'] as const
export type PlacementKind = (typeof PLACEMENTS)[number]

/** What a tier is entitled to. */
export interface TierSettings {
  /** Connections: the size of a pool of its own, the fair share of a pool with others. */
  readonly size: number
  /** How often its turn comes, and how much of a short budget it gets, against the other tiers' weights. */
  readonly weight: number
  /** Hosts over which a dedicated tenant is spread, its connections divided among them. */
  readonly shards: number
  /** `auto`: the one that the Ledger recommends when a request comes. */
  readonly placement: PlacementKind | 'auto'
  /** Requests a minute. */
  readonly rate_limit: number
}

export const DEFAULT_TIERS: Readonly<Record<Tier, TierSettings>> = {
  free: { size: 3, weight: 1, shards: 1, placement: 'grouped', rate_limit: 60 },
  basic: { size: 5, weight: 2, shards: 1, placement: 'grouped', rate_limit: 300 },
  premium: { size: 10, weight: 4, shards: 1, placement: 'dedicated', rate_limit: 1200 },
  enterprise: { size: 20, weight: 8, shards: 4, placement: 'dedicated', rate_limit: 6000 },
}

const PREFIXES: readonly (readonly [string, Tier])[] = [
  ['ent_', 'enterprise'],
  ['pre_', 'premium'],
  ['bas_', 'basic'],
]

/** The tier that a tenant id says by its prefix, for deployments without records (`TIER_BY_PREFIX`). */
export function tierByPrefix(id: string): Tier {
  return PREFIXES.find(([prefix]) => id.startsWith(prefix))?.[1] ?? 'free'
}
