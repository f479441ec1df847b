import type { Config } from '../config.ts'
import type { PoolPlace } from '../host/call.ts'
import { PROBE_HOST } from '../host/probe.ts'
import { CLUSTER_OF } from '../host/specs.ts'
import { hashOf } from '../tenants/hash.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { PlacementKind, TierSettings } from '../tenants/tier.ts'
import { revisionOf } from '../tenants/vault.ts'
import type { Busy } from './busy.ts'

/** On a pool host, one live object in the world by its name. */
export interface HostPlacement {
  readonly kind: 'shared' | 'grouped' | 'dedicated'
  readonly host: string
  /** The tenant's pool in that host. */
  readonly pool: PoolPlace
}

/** Where a tenant's requests run: in the edge itself, or on a pool host. */
export type Placement = { readonly kind: 'isolate' } | HostPlacement

/** Connections that a pool of one tenant keeps while it is open. */
const DEDICATED_MIN_SIZE = 1

/** The placement that a tenant's record, its tier or the strategy of the fleet asks for. */
export function placementOf(tenant: Tenant, config: Config): TierSettings['placement'] {
  // A pool that tenants share never connects to where one of them says.
  if (tenant.connection !== undefined) return 'dedicated'
  return tenant.placement ?? config.tiers[tenant.tier].placement
}

/**
 * Every place that a tenant's requests may go to under a placement: one, or for a sharded tenant one per shard. The
 * same for everybody who asks, wherever in the world: that is what makes a tenant's pool one pool.
 */
export function placesOf(
  tenant: Tenant,
  config: Config,
  placement: PlacementKind,
): readonly [Placement, ...Placement[]] {
  const tier = config.tiers[tenant.tier]
  switch (placement) {
    case 'shared':
      return [{ kind: 'shared', host: 'shared', pool: sharedPool(tenant, config, config.sharedPoolSize) }]
    case 'grouped': {
      const host = `group:${hashOf(tenant.id) % config.groups}`
      return [{ kind: 'grouped', host, pool: sharedPool(tenant, config, config.groupPoolSize) }]
    }
    case 'dedicated':
      return dedicated(tenant, tier, Math.min(tier.shards, tier.size))
    case 'isolate':
      // Only Postgres has a form that needs no socket; for others a host of their own is the nearest thing.
      return tenant.engine === 'postgres' ? [{ kind: 'isolate' }] : dedicated(tenant, tier, 1)
  }
}

/**
 * One of a tenant's `places`: of two drawn by chance the one on which fewer requests of this isolate are running, which
 * spreads load nearly as well as asking all of them (Mitzenmacher, The power of two choices, 2001).
 */
export function placeOf(
  places: readonly [Placement, ...Placement[]],
  busy: Busy,
  random: () => number,
): Placement {
  if (places.length === 1) return places[0]
  const first = Math.floor(random() * places.length)
  const second = (first + 1 + Math.floor(random() * (places.length - 1))) % places.length
  const [a = places[0], b = places[0]] = [places[first], places[second]]
  return busyOn(b, busy) < busyOn(a, busy) ? b : a
}

/** The kind of placement that a host serves, by its name; `health` for the one that health checks run on. */
export function kindOf(host: string): HostPlacement['kind'] | 'health' {
  if (host === PROBE_HOST) return 'health'
  if (host.startsWith('dedicated:')) return 'dedicated'
  return host.startsWith('group:') ? 'grouped' : 'shared'
}

function busyOn(place: Placement, busy: Busy): number {
  return place.kind === 'isolate' ? 0 : busy.on(place.host)
}

function sharedPool(tenant: Tenant, config: Config, size: number): PoolPlace {
  const { minSize } = config.pool
  const maxSize = Math.max(size, minSize)
  // As much as the free tenants that it has room for.
  const weight = Math.max(1, (maxSize / config.tiers.free.size) * config.tiers.free.weight)
  return { key: CLUSTER_OF[tenant.engine], tenant: null, tier: null, minSize, maxSize, weight }
}

/** The tenant's connections, divided among its hosts as evenly as can be. */
function dedicated(
  tenant: Tenant,
  { size, weight }: TierSettings,
  shards: number,
): [HostPlacement, ...HostPlacement[]] {
  const shard = (n: number): HostPlacement => {
    const maxSize = Math.floor(size / shards) + (n < size % shards ? 1 : 0)
    return {
      kind: 'dedicated',
      host: shards === 1 ? `dedicated:${tenant.id}` : `dedicated:${tenant.id}:${n}`,
      pool: {
        key: poolKey(tenant, maxSize),
        tenant: tenant.id,
        tier: tenant.tier,
        minSize: DEDICATED_MIN_SIZE,
        maxSize,
        weight: weight / shards,
      },
    }
  }
  return [shard(0), ...Array.from({ length: shards - 1 }, (_, n) => shard(n + 1))]
}

/**
 * A pool that is to be of another size, or to connect elsewhere, is another pool: isolates that do not know of the change
 * yet go on using the old one.
 */
function poolKey({ id, connection }: Tenant, size: number): string {
  return connection === undefined ? `${id}/${size}` : `${id}/${size}@${revisionOf(connection)}`
}
