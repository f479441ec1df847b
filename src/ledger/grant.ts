/** A pool's wish for connections of a cluster. */
export interface Claim {
  readonly host: string
  /** Which life of the host asks: what an earlier one was granted stays taken until it lapses. */
  readonly instance: string
  /** The pool, unique in that life. */
  readonly pool: string
  /** Connections that its placement entitles it to, at least 1. */
  readonly want: number
  /** How much of a short budget it gets, against the others' weights. */
  readonly weight: number
  /** Connections that the driver opens beside the pool's own, such as MongoDB's monitor. */
  readonly overhead: number
}

/** What names a claim and its grant. */
export type ClaimName = Pick<Claim, 'host' | 'instance' | 'pool'>

/** A claim that was granted, in part or in full. */
export interface Grant extends Claim {
  /** Connections of the pool's own, 1 to `want`. */
  readonly size: number
  /** Grows with everything that the Ledger changes; what a host says of an older one comes too late. */
  readonly revision: number
  /** Epoch ms. */
  readonly grantedAt: number
  /** Epoch ms at which it lapses unless it is renewed. */
  readonly expiresAt: number
}

/** A grant as the host that has it tells of it. */
export interface HeldGrant extends Omit<Claim, 'host' | 'instance'> {
  readonly size: number
  /** As the Ledger gave it; 0 for what was opened without one. */
  readonly revision: number
}

/** What the Ledger says to a claim. */
export interface ClaimAnswer {
  /** Connections; 0 when there is none yet: ask again, the place in the queue is kept for a moment. */
  readonly size: number
  readonly revision: number
  /** The Ledger wants to know how many connections the server takes. */
  readonly askMax?: boolean
}

/** The Ledger's wish to have connections back. */
export interface Recall {
  readonly pool: string
  readonly instance: string
  /** Connections that the pool may keep; with 0 it is to close. */
  readonly keep: number
  readonly revision: number
  /** Only if nobody uses the pool: who is busy keeps what he has. */
  readonly onlyIfUnused: boolean
}

/** What a host does about it: `unknown` is a pool that it does not have. */
export type RecallAnswer = 'recalled' | 'busy' | 'unknown'

/** What was counted of claims since the Ledger was made. */
export interface ClaimCounts {
  /** Pools that were asked to give connections back, and did. */
  readonly recalled: number
  /** Claims that ended without a connection. */
  readonly denied: number
}

export function nameOf({ host, instance, pool }: ClaimName): string {
  return JSON.stringify([host, instance, pool])
}

/** Connections that a grant takes of the budget. */
export function costOf({ size, overhead }: Pick<Grant, 'size' | 'overhead'>): number {
  return size + overhead
}
