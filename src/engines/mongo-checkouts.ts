import type { MongoClient } from 'mongodb'

/** The driver's own view of a connection that is lent (mongodb 7, lib/cmap/connection.js). */
interface DriverConnection {
  readonly id: number | string
  readonly address: string
  /** What the driver does when the connection's socket says that nothing came in time. */
  onTimeout(): void
}

interface DriverTopology {
  readonly s: {
    readonly servers: ReadonlyMap<string, { readonly pool: { readonly checkedOut: Set<DriverConnection> } }>
  }
}

/**
 * The connections that the driver has lent to operations, and since when. It can end those on which nobody answers: what
 * the driver's `socketTimeoutMS` is for, which sets and cancels three timers of the runtime for every operation
 * (docs/decisions/0011). The driver has no way to end one connection from outside, so this goes to where it keeps them;
 * test/worker/engines/mongo.test.ts tells when they are no longer there.
 */
export class MongoCheckouts {
  readonly #client: MongoClient
  readonly #now: () => number
  /** Since when each is lent, by address and id. */
  readonly #since = new Map<string, number>()

  constructor(client: MongoClient, now: () => number) {
    this.#client = client
    this.#now = now
    client.on('connectionCheckedOut', (connection) => {
      this.#since.set(connectionKey(connection), this.#now())
    })
    client.on('connectionCheckedIn', (connection) => {
      this.#since.delete(connectionKey(connection))
    })
  }

  get size(): number {
    return this.#since.size
  }

  /**
   * Ends the connections that have been lent for `ms` or longer: more than any operation takes that is answered. The
   * operation fails, and the others of the pool go on. The answer is when the next one may be due, in ms.
   */
  endSilent(ms: number): number {
    const now = this.#now()
    for (const connection of this.#lent()) {
      const since = this.#since.get(
        connectionKey({ address: connection.address, connectionId: connection.id }),
      )
      if (since !== undefined && now - since >= ms) connection.onTimeout()
    }
    const waiting = [...this.#since.values()].map((since) => since + ms - now).filter((left) => left > 0)
    return Math.min(ms, ...waiting)
  }

  *#lent(): Generator<DriverConnection> {
    const topology: DriverTopology | undefined = Reflect.get(this.#client, 'topology')
    for (const { pool } of topology?.s.servers.values() ?? []) yield* pool.checkedOut
  }
}

/** Ids are per pool, and a replica set has a pool for each member. */
export function connectionKey({
  address,
  connectionId,
}: {
  readonly address: string
  readonly connectionId: number | string
}): string {
  return `${address}#${connectionId}`
}
