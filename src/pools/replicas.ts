import { Breaker } from './breaker.ts'
import type { Clock } from './clock.ts'
import type { ReplicaCluster } from './cluster.ts'

const FIRST_BAN_MS = 1_000
const LONGEST_BAN_MS = 60_000

export interface ReplicasOptions {
  readonly clusters: readonly ReplicaCluster[]
  readonly clock: Pick<Clock, 'now'>
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly onBanned: (cluster: ReplicaCluster, banMs: number) => void
  readonly onRecovered: (cluster: ReplicaCluster) => void
}

/** One read on a replica, to be ended in every case. */
export interface ReplicaRead extends Disposable {
  readonly cluster: ReplicaCluster
  /** The replica answered. */
  succeeded(): void
  /** The replica is of no use now. */
  failed(): void
}

/**
 * Which replica a read goes to. One that fails is banned for a second; at the end of a ban one read is the trial, and
 * each trial that fails doubles the ban, up to a minute. Bans end up to a fifth early, by chance, so that the hosts
 * that banned a replica at the same time do not try it at the same time.
 */
export class Replicas {
  readonly #replicas: readonly Replica[]
  readonly #clock: Pick<Clock, 'now'>
  readonly #random: () => number

  constructor(options: ReplicasOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.#replicas = options.clusters.map((cluster) => new Replica(cluster, options))
  }

  /**
   * Of two replicas drawn by chance the one on which fewer reads run here (as `placeOf` does with hosts); `undefined`
   * while every one is banned.
   */
  begin(): ReplicaRead | undefined {
    const now = this.#clock.now()
    const usable = this.#replicas.filter((replica) => replica.bannedFor(now) === 0)
    const first = Math.floor(this.#random() * usable.length)
    const second = (first + 1 + Math.floor(this.#random() * (usable.length - 1))) % Math.max(1, usable.length)
    const [a, b] = [usable[first], usable[second]]
    return (a && b && b.running < a.running ? b : a)?.begin(now)
  }

  /** When the ban of `cluster` ends, epoch ms; `undefined` when there is none. */
  bannedUntil(cluster: ReplicaCluster): number | undefined {
    const now = this.#clock.now()
    const banMs = this.#replicas.find((one) => one.cluster === cluster)?.bannedFor(now) ?? 0
    return banMs > 0 ? now + banMs : undefined
  }
}

class Replica {
  readonly cluster: ReplicaCluster
  readonly #options: ReplicasOptions
  readonly #breaker: Breaker
  /** Bans so far: what a read from before a ban meets says nothing about the replica after it. */
  #bans = 0
  #isBanned = false
  #running = 0

  constructor(cluster: ReplicaCluster, options: ReplicasOptions) {
    this.cluster = cluster
    this.#options = options
    this.#breaker = new Breaker({
      failuresToTrip: 1,
      firstPauseMs: FIRST_BAN_MS,
      longestPauseMs: LONGEST_BAN_MS,
      spread: () => 1 - 0.2 * options.random(),
    })
  }

  get running(): number {
    return this.#running
  }

  bannedFor(now: number): number {
    return this.#breaker.pausedFor(now)
  }

  begin(now: number): ReplicaRead {
    // At the end of a ban this read is the trial.
    this.#breaker.allows(now)
    this.#running++
    const bans = this.#bans
    return {
      cluster: this.cluster,
      succeeded: () => {
        if (bans === this.#bans) this.#recover()
      },
      failed: () => {
        if (bans === this.#bans) this.#ban()
      },
      [Symbol.dispose]: () => {
        this.#running--
      },
    }
  }

  #ban(): void {
    const now = this.#options.clock.now()
    this.#bans++
    this.#isBanned = true
    this.#breaker.failed(now)
    this.#options.onBanned(this.cluster, this.#breaker.pausedFor(now))
  }

  #recover(): void {
    if (!this.#isBanned) return
    this.#isBanned = false
    this.#breaker.succeeded()
    this.#options.onRecovered(this.cluster)
  }
}
