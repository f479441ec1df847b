import { Problem } from '../problem.ts'
import type { Phase } from './engine.ts'

/** A translated driver error. */
export interface Fault {
  readonly problem: Problem
  /** Whether the connection it was met on is of no more use. */
  readonly fatal: boolean
  /** Whether what failed was rolled back for others' sake, and may well work at once. */
  readonly repeatable?: boolean
}

/**
 * What a Postgres or Neon driver error means here. Nothing of the error itself goes into the problem: its message can
 * hold values, names or the connection string. Codes: postgresql.org/docs/18/errcodes-appendix.html. Errors without a
 * SQLSTATE are the driver's or the socket's own (the Neon driver even rejects with an `ErrorEvent`,
 * github.com/neondatabase/serverless/issues/205).
 */
export function postgresFault(error: unknown, phase: Phase): Fault {
  const { code, severity } = fields(error)
  // EPIPE and the like look as a SQLSTATE does, but a server's error always has a severity.
  const isSocketError = code.startsWith('E') && severity === ''
  if (isSocketError || !/^[0-9A-Z]{5}$/.test(code)) {
    return fatal(phase === 'opening' ? 'database_unavailable' : 'connection_lost', code)
  }
  const name = phase === 'opening' ? openingCode(code) : problemCode(code)
  const ended = severity === 'FATAL' || severity === 'PANIC' || name === 'connection_lost'
  const repeatable = code === '40001' || code === '40P01'
  return {
    problem: new Problem(name, { fault: `postgres ${code}` }),
    fatal: ended || phase === 'opening',
    repeatable,
  }
}

/** While a connection is being opened, what was wrong is never the caller's fault: who may not get in, or not now. */
function openingCode(sqlstate: string) {
  // Credentials, a database that is not there, no right to connect to it.
  const isRefusal = sqlstate.startsWith('28') || sqlstate === '3D000' || sqlstate === '42501'
  return isRefusal ? 'database_refused' : 'database_unavailable'
}

function problemCode(sqlstate: string) {
  switch (sqlstate) {
    case '23505':
      return 'conflict'
    case '55P03': // lock_not_available: lock_timeout
    case '55006': // object_in_use
      return 'transaction_conflict'
    case '25006': // a standby, or a server that is becoming one
      return 'read_only'
    case '25P04': // transaction_timeout ends the session
    case '57014': // statement_timeout cancels the statement and keeps the session
      return 'database_timeout'
    case '53300': // too_many_connections
    case '57P03': // cannot_connect_now
      return 'database_unavailable'
    case '57P01': // admin_shutdown: pg_terminate_backend
    case '57P02':
    case '57P04':
    case '57P05':
    case '25P03':
      return 'connection_lost'
    case '08P01': // a statement that does not fit the protocol, such as too few parameters; the session goes on
      return 'query_failed'
    case '54000': // program_limit_exceeded: a value that is too large for its index
      return 'unprocessable'
    case '3D000': // no such database
      return 'database_refused'
  }
  switch (sqlstate.slice(0, 2)) {
    case '08':
      return 'connection_lost'
    case '40': // a transaction that was rolled back and may well work the next time
      return 'transaction_conflict'
    case '28':
      return 'database_refused'
    case '22':
    case '23':
      return 'unprocessable'
    case '53':
    case '58': // the server's own system: a disk that is full, a file that cannot be read
      return 'database_unavailable'
    default:
      return 'query_failed'
  }
}

/** @param system the code of a system's error, such as ECONNRESET, if it has one */
const fatal = (code: 'database_unavailable' | 'connection_lost', system: string): Fault => ({
  problem: new Problem(code, /^[A-Z_0-9]{1,40}$/.test(system) ? { fault: `postgres ${system}` } : {}),
  fatal: true,
})

function fields(error: unknown): { code: string; severity: string } {
  const read = (name: string): string => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
    return typeof value === 'string' ? value : ''
  }
  return { code: read('code'), severity: read('severity') }
}
