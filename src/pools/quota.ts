import type { PoolSpec } from './pool-spec.ts'

/** A pool as whoever grants connections knows it. */
export interface QuotaPool {
  /** Unique in its host's life: a pool and its successor share a key, and are granted apart. */
  readonly id: string
  readonly spec: PoolSpec
}

/** Whom a pool asks before it opens connections. Nothing here throws. */
export interface Quota {
  /**
   * Connections for a pool that is about to open, 1 to its `maxSize`. Goes on asking while `isWanted` says so;
   * `undefined` when it says no more before there was one.
   */
  claim(pool: QuotaPool, isWanted: () => boolean): Promise<number | undefined>
  /** Somebody waits in a pool that was granted less than its `maxSize`. Asks for more, now and then. */
  askForMore(pool: QuotaPool): void
  /** A pool has given back all but `size` connections; 0 when it is over, or will not open. */
  giveBack(pool: QuotaPool, size: number): void
}
