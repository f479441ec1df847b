import type { Consistency } from '../consistency.ts'
import type { Connection } from '../engines/connection.ts'
import type { PooledConnection } from '../engines/engine.ts'
import type { Clock } from '../pools/clock.ts'
import { clusterName, type ReplicaCluster } from '../pools/cluster.ts'
import type { Lease } from '../pools/lease.ts'
import { Replicas } from '../pools/replicas.ts'
import { log } from '../telemetry/log.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { LastWrites } from './last-writes.ts'
import { replicaFault } from './replica-fault.ts'

export interface ReadsOptions {
  readonly host: string
  readonly replicas: readonly ReplicaCluster[]
  /** How long a tenant that wrote reads from the primary, in ms. */
  readonly writePinMs: number
  readonly clock: Pick<Clock, 'now'>
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** A replica was banned, or is in use again. */
  readonly onChange: (cluster: ReplicaCluster) => void
}

/** How one request gets its connections. */
export interface ReadLeases {
  /** Lets the request in, or throws why not: a pause holds reads on replicas too. */
  admit(): Promise<void>
  primary(): Promise<Lease<PooledConnection>>
  /** Gives up soon: there is the primary to go to. */
  replica(cluster: ReplicaCluster): Promise<Lease<PooledConnection>>
}

/** What a read found, and what it was read from: `primary`, a replica's name, or `secondary-preferred`. */
export interface ReadResult<T> {
  readonly value: T
  readonly servedBy: string
}

/** Where the reads of one host go. */
export class Reads {
  readonly #clock: Pick<Clock, 'now'>
  readonly #replicas: Replicas
  readonly #lastWrites: LastWrites

  constructor({ replicas, writePinMs, clock, random, host, onChange }: ReadsOptions) {
    this.#clock = clock
    this.#lastWrites = new LastWrites(writePinMs)
    this.#replicas = new Replicas({
      clusters: replicas,
      clock,
      random,
      onBanned: (cluster, banMs) => {
        log({ event: 'replica.banned', host, replica: clusterName(cluster), ban_ms: Math.round(banMs) })
        onChange(cluster)
      },
      onRecovered: (cluster) => {
        log({ event: 'replica.recovered', host, replica: clusterName(cluster) })
        onChange(cluster)
      },
    })
  }

  /** A tenant changed something just now. */
  noteWrite(tenant: Tenant): void {
    this.#lastWrites.note(tenant.id, this.#clock.now())
  }

  /** When the ban of a replica ends, epoch ms; `undefined` when there is none. */
  bannedUntil(cluster: ReplicaCluster): number | undefined {
    return this.#replicas.bannedUntil(cluster)
  }

  /**
   * Runs `work` on the primary or, for an eventual read, on a replica; if that fails for a reason of the replica's, once
   * more on the primary. A tenant that wrote a moment ago reads from the primary. Throws what leases and `work` throw.
   */
  async run<T>(
    tenant: Tenant,
    consistency: Consistency,
    leases: ReadLeases,
    work: (connection: Connection) => Promise<T>,
  ): Promise<ReadResult<T>> {
    const mayBeStale = consistency === 'eventual' && !this.#lastWrites.isRecent(tenant.id, this.#clock.now())
    // Of a database that a tenant brought nobody knows a replica.
    if (mayBeStale && tenant.engine === 'postgres' && tenant.connection === undefined) {
      const result = await this.#onReplica(leases, work)
      if (result) return result
    }
    await using lease = await leases.primary()
    const { connection } = lease
    if (mayBeStale && connection.engine === 'mongo') {
      connection.preferSecondaries()
      return { value: await work(connection), servedBy: 'secondary-preferred' }
    }
    return { value: await work(connection), servedBy: 'primary' }
  }

  /** `undefined` when it is the primary's turn. */
  async #onReplica<T>(
    leases: ReadLeases,
    work: (connection: Connection) => Promise<T>,
  ): Promise<ReadResult<T> | undefined> {
    await leases.admit()
    using read = this.#replicas.begin()
    if (!read) return undefined
    let connection: PooledConnection | undefined
    try {
      await using lease = await leases.replica(read.cluster)
      connection = lease.connection
      const value = await work(connection)
      read.succeeded()
      return { value, servedBy: clusterName(read.cluster) }
    } catch (error) {
      const fault = replicaFault(error, connection)
      if (fault === undefined) throw error
      if (fault === 'down') read.failed()
      if (fault === 'behind') read.succeeded()
      return undefined
    }
  }
}
