/** What is paused on one cluster, as plain data. Times are epoch milliseconds. */
export interface Pauses {
  /** Grows with every change, so that of two of these the newer is known whatever order they arrive in. */
  readonly revision: number
  /** Since when every tenant is paused; `null` when the fleet as a whole is not. */
  readonly fleetSince: number | null
  /** Tenants that are paused for themselves, and since when. A Map, because `constructor` is a tenant id too. */
  readonly tenants: ReadonlyMap<string, number>
}

export function isPaused({ fleetSince, tenants }: Pauses, tenant: string): boolean {
  return fleetSince !== null || tenants.has(tenant)
}
