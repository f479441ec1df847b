import type { Config } from '../config.ts'
import type { PlacementKind } from '../tenants/tier.ts'
import type { Placement } from './place.ts'

/** How far an answer may be behind where hosts may change without a change of the tenant's record. */
const AUTO_TTL_MS = 30_000

/**
 * How old a host's answers to a tenant may become, in ms; 0 where the tenant runs in several places, since none of them
 * hears of the others' writes. Under `auto` isolates may disagree for a while about where a tenant runs.
 */
export function cacheTtlMs(
  places: readonly Placement[],
  placement: PlacementKind | 'auto',
  { queryCache }: Config,
): number {
  if (places.length > 1) return 0
  return placement === 'auto' ? Math.min(queryCache.ttlMs, AUTO_TTL_MS) : queryCache.ttlMs
}
