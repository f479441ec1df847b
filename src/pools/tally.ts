import {
  type ClusterPoolCounters,
  NO_CLOSINGS,
  NO_COUNTS,
  type PoolCounters,
  type PoolCounts,
} from './counters.ts'
import { Histogram } from './histogram.ts'
import type { CloseReason } from './statistics.ts'

type Counting<T> = { -readonly [name in keyof T]: number }

/**
 * Counts for one pool and, in the same breath, for its cluster, so that nothing is lost or counted twice when the
 * pool goes.
 */
export class PoolTally {
  readonly #counts: Counting<PoolCounts> = { ...NO_COUNTS }
  readonly #create = new Histogram()
  readonly #wait = new Histogram()
  readonly #use = new Histogram()
  readonly #cluster: ClusterTally | undefined

  constructor(cluster?: ClusterTally) {
    this.#cluster = cluster
  }

  count(name: Exclude<keyof PoolCounts, 'connections_created'>): void {
    this.#counts[name]++
    this.#cluster?.count(name)
  }

  /** A connection is open after `ms`. */
  opened(ms: number): void {
    this.#counts.connections_created++
    this.#create.record(ms)
    this.#cluster?.opened(ms)
  }

  /** A lease was given after `ms`. */
  waited(ms: number): void {
    this.#wait.record(ms)
    this.#cluster?.waited(ms)
  }

  /** A lease came back after `ms`. */
  used(ms: number): void {
    this.#use.record(ms)
    this.#cluster?.used(ms)
  }

  counters(): PoolCounters {
    return {
      ...this.#counts,
      create: this.#create.buckets(),
      wait: this.#wait.buckets(),
      use: this.#use.buckets(),
    }
  }
}

/** Counts for a cluster: what its pools do, and how they come and go. */
export class ClusterTally extends PoolTally {
  #opened = 0
  readonly #closed: Counting<ClusterPoolCounters['pools_closed']> = { ...NO_CLOSINGS }

  poolOpened(): void {
    this.#opened++
  }

  poolClosed(reason: CloseReason): void {
    this.#closed[reason]++
  }

  override counters(): ClusterPoolCounters {
    return { ...super.counters(), pools_opened: this.#opened, pools_closed: { ...this.#closed } }
  }
}
