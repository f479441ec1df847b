import type { PlacementKind } from './tier.ts'

/** A fleet smaller than this fits on one host. */
export const GROUPED_FROM = 50
/** A fleet larger than this is worth a host per tenant. */
export const GROUPED_TO = 500

/** The placement that suits a fleet of so many active tenants: under 50 shared, 50 to 500 grouped, above dedicated. */
export function strategyFor(tenants: number): Exclude<PlacementKind, 'isolate'> {
  if (tenants < GROUPED_FROM) return 'shared'
  return tenants <= GROUPED_TO ? 'grouped' : 'dedicated'
}
