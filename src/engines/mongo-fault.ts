import { Problem, type ProblemCode } from '../problem.ts'
import type { Phase } from './engine.ts'

/** Error codes of the server that have a meaning of their own here (mongodb/mongo src/mongo/base/error_codes.yml). */
const SERVER_CODES: Readonly<Record<number, ProblemCode>> = {
  11000: 'conflict',
  112: 'transaction_conflict', // WriteConflict
  50: 'database_timeout', // MaxTimeMSExpired
  262: 'database_timeout', // ExceededTimeLimit
  13: 'database_refused', // Unauthorized
  18: 'database_refused', // AuthenticationFailed
  8000: 'database_refused', // Atlas: bad credentials
  2: 'unprocessable', // BadValue
  121: 'unprocessable', // DocumentValidationFailure
  10334: 'unprocessable', // BSONObjectTooLarge
  // The server is going away or is no longer primary: a retry meets its successor.
  91: 'connection_lost',
  189: 'connection_lost',
  10058: 'connection_lost',
  10107: 'connection_lost',
  11600: 'connection_lost',
  11602: 'connection_lost',
  13435: 'connection_lost',
  13436: 'connection_lost',
}

/** Beside what ends in `connection_lost`: what else passes by itself (specifications, retryable-reads). */
const PASSING = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  89, // NetworkTimeout
  9001, // SocketException
  134, // ReadConcernMajorityNotAvailableYet
])

const TIMEOUTS = new Set([
  'MongoNetworkTimeoutError',
  'MongoOperationTimeoutError',
  'MongoWaitQueueTimeoutError',
])
const LOST = new Set([
  'MongoNetworkError',
  'MongoPoolClearedError',
  'MongoServerClosedError',
  'PoolClearedOnNetworkError',
])
const CLOSED = new Set([
  'MongoNotConnectedError',
  'MongoClientClosedError',
  'MongoPoolClosedError',
  'MongoTopologyClosedError',
])
const ENCODING = new Set(['BSONError', 'BSONRuntimeError', 'BSONVersionError'])

/**
 * What a MongoDB driver error means here. Judged by name and code, so that this file does not load the driver; nothing
 * of the error itself goes into the problem. The driver looks after its connections by itself.
 */
export function mongoFault(error: unknown, phase: Phase): Problem {
  if (error instanceof Problem) return error
  const name = error instanceof Error ? error.name : ''
  if (name === 'MongoServerSelectionError') return new Problem('database_unavailable')
  if (TIMEOUTS.has(name))
    return new Problem(phase === 'opening' ? 'database_unavailable' : 'database_timeout')
  // Whoever waits for a connection while another one is refused gets the refusal as the cause of a cleared pool.
  if (LOST.has(name) && refuses(error)) return new Problem('database_refused')
  if (LOST.has(name)) return new Problem(phase === 'opening' ? 'database_unavailable' : 'connection_lost')
  if (CLOSED.has(name)) return new Problem('pool_closed')
  if (ENCODING.has(name)) return new Problem('unprocessable')
  const code = serverCode(error)
  if (code !== undefined) return new Problem(SERVER_CODES[code] ?? 'query_failed')
  // Addresses that do not resolve, TLS that fails: the driver hands on what node:net and node:dns threw.
  return new Problem(phase === 'opening' ? 'database_unavailable' : 'query_failed')
}

/** Whether a read that failed with this may well work when it is tried again. */
export function isTransient(error: unknown): boolean {
  return PASSING.has(serverCode(error) ?? 0) || mongoFault(error, 'statement').code === 'connection_lost'
}

function refuses(error: unknown): boolean {
  const code = error instanceof Error ? serverCode(error.cause) : undefined
  return code !== undefined && SERVER_CODES[code] === 'database_refused'
}

function serverCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'number' ? code : undefined
}
