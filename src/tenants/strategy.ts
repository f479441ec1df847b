import type { PlacementKind } from './tier.ts'

/** A fleet smaller than this fits on one host. */
export const GROUPED_FROM = 50
/** A fleet larger than this is worth a host per tenant. */
export const GROUPED_TO = 500
/** By how much a fleet has to be beyond a bound before a strategy in force is left. */
const HYSTERESIS_PERCENT = 20

/** A placement that a fleet can be given by its size. */
export type Strategy = Exclude<PlacementKind, 'isolate'>

/** In the order of the fleets that they suit. */
const BY_SIZE: readonly Strategy[] = ['shared', 'grouped', 'dedicated']

/** The placement that suits a fleet of so many active tenants: under 50 shared, 50 to 500 grouped, above dedicated. */
export function strategyFor(tenants: number): Strategy {
  if (tenants < GROUPED_FROM) return 'shared'
  return tenants <= GROUPED_TO ? 'grouped' : 'dedicated'
}

/**
 * What follows on the strategy in force: another one when the fleet is 20 % beyond a bound, so that a fleet about as
 * large as a bound does not move to and fro. Up from 60 and above 600 tenants, down below 40 and from 400.
 */
export function nextStrategy(inForce: Strategy, tenants: number): Strategy {
  const up = strategyFor((tenants * 100) / (100 + HYSTERESIS_PERCENT))
  if (isForMore(up, inForce)) return up
  const down = strategyFor((tenants * 100) / (100 - HYSTERESIS_PERCENT))
  return isForMore(inForce, down) ? down : inForce
}

/** Whether `one` suits larger fleets than `other`. */
export function isForMore(one: Strategy, other: Strategy): boolean {
  return BY_SIZE.indexOf(one) > BY_SIZE.indexOf(other)
}
