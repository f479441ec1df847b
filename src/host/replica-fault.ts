import type { PooledConnection } from '../engines/engine.ts'
import { type ProblemCode, toProblem } from '../problem.ts'

/**
 * What a read that failed on a replica says of the replica: it is `down`; it has `no room`; it is `behind` (replaying
 * what the primary wrote, it cancelled the read, or it does not have the tenant's schema yet); or nothing: then the
 * primary would say the same.
 */
export type ReplicaFault = 'down' | 'no room' | 'behind'

const FAULTS: Readonly<Partial<Record<ProblemCode, ReplicaFault>>> = {
  connection_lost: 'down',
  database_refused: 'down',
  database_misconfigured: 'down',
  database_unavailable: 'down',
  // Within a second a server that is up opens a connection or gives one back.
  pool_timeout: 'down',
  budget_exhausted: 'no room',
  pool_cache_full: 'no room',
  pool_closed: 'no room',
  pool_queue_full: 'no room',
  // Recovery conflicts have the SQLSTATE 40001: postgresql.org/docs/18/hot-standby.html#HOT-STANDBY-CONFLICT
  transaction_conflict: 'behind',
  // An undefined table is one among many; a statement that is wrong everywhere fails once more on the primary.
  query_failed: 'behind',
}

/**
 * @param connection on which the read ran, if it got that far
 * @returns `undefined` when the primary would fail in the same way
 */
export function replicaFault(
  error: unknown,
  connection: PooledConnection | undefined,
): ReplicaFault | undefined {
  const { code } = toProblem(error)
  // A statement that took too long was ended by a server that is well; where nobody answered, the connection is broken.
  if (code === 'database_timeout') {
    return connection?.engine === 'postgres' && connection.isBroken ? 'down' : undefined
  }
  return FAULTS[code]
}
