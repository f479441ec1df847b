import type { Claim, Grant } from '../../../src/ledger/grant.ts'

/** A pool's claim: `a` on a host of its own name. */
export function claimOf(pool: string, overrides: Partial<Claim> = {}): Claim {
  return { host: `host-${pool}`, instance: 'i1', pool, want: 5, weight: 1, overhead: 0, ...overrides }
}

/** Connections that grants take, added up by hand. */
export function sumOf(grants: Iterable<Grant>): number {
  return [...grants].reduce((sum, { size, overhead }) => sum + size + overhead, 0)
}
