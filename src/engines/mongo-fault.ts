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
  2: 'unprocessable', // BadValue
  121: 'unprocessable', // DocumentValidationFailure
  10334: 'unprocessable', // BSONObjectTooLarge
  // What passes by itself, mostly within a second.
  215: 'transaction_conflict', // DatabaseDropPending
  246: 'transaction_conflict', // SnapshotUnavailable
  251: 'transaction_conflict', // NoSuchTransaction
  462: 'database_unavailable', // IngressRequestRateLimitExceeded
  // The write may be there, and is not known to be on as many members as was asked for.
  64: 'write_unconfirmed', // WriteConcernTimeout
  100: 'write_unconfirmed', // UnsatisfiableWriteConcern
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

/** Errors of Atlas' own proxy: refused credentials, and limits of a plan, such as that of collections. */
const ATLAS_ERROR = 8000

/** How deeply a cause may be wrapped. */
const DEEPEST_CAUSE = 8

/**
 * What a MongoDB driver error means here. Judged by name and code, so that this file does not load the driver; nothing
 * of the error itself goes into the problem. Of an error that wraps another one, as those of bulk writes do, the first that
 * has a meaning decides. While a connection is being opened nothing is the caller's fault. The driver looks after its
 * connections by itself.
 */
export function mongoFault(error: unknown, phase: Phase): Problem {
  if (error instanceof Problem) return error
  const chain = causesOf(error)
  // Whatever it is wrapped in: no retry mends it.
  const lasting = chain.find(isLasting)
  if (lasting) return new Problem('database_misconfigured', faultOf(lasting))
  for (const one of chain) {
    if (one instanceof Problem) return one
    const code = meaningOf(one, chain)
    if (code !== undefined) return new Problem(phase === 'opening' ? whileOpening(code) : code, faultOf(one))
  }
  // Addresses that do not resolve, TLS that fails: the driver hands on what node:net and node:dns threw.
  return new Problem(phase === 'opening' ? 'database_unavailable' : 'query_failed', faultOf(error))
}

/** What the log says of an error: its code, or the class of the driver's own, and never its message. */
function faultOf(error: unknown): { fault?: string } {
  const name = error instanceof Error ? error.name : undefined
  const word = serverCode(error) ?? (name !== undefined && /^\w{1,60}$/.test(name) ? name : undefined)
  return word === undefined ? {} : { fault: `mongo ${word}` }
}

function whileOpening(code: ProblemCode): ProblemCode {
  return code === 'database_refused' || code === 'pool_closed' ? code : 'database_unavailable'
}

function meaningOf(error: object, chain: readonly object[]): ProblemCode | undefined {
  const name = error instanceof Error ? error.name : ''
  if (name === 'MongoServerSelectionError') return 'database_unavailable'
  if (name === 'MongoWriteConcernError') return 'write_unconfirmed'
  if (TIMEOUTS.has(name)) return 'database_timeout'
  // Whoever waits for a connection while another one is refused gets the refusal as the cause of a cleared pool.
  if (LOST.has(name)) return chain.some(refuses) ? 'database_refused' : 'connection_lost'
  if (CLOSED.has(name)) return 'pool_closed'
  if (ENCODING.has(name)) return 'unprocessable'
  if (refuses(error)) return 'database_refused'
  const code = serverCode(error)
  return code === undefined ? undefined : (SERVER_CODES[code] ?? 'query_failed')
}

/** A server whose version the driver does not speak, a host name that there is not, a certificate that does not hold. */
function isLasting(error: object): boolean {
  if (error instanceof Error && error.name === 'MongoCompatibilityError') return true
  const code: unknown = Reflect.get(error, 'code')
  return (
    typeof code === 'string' &&
    /^(ENOTFOUND|CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY)_)/.test(code)
  )
}

/** What each server of a deployment said when none could be chosen (mongodb 7, MongoServerSelectionError). */
function serverErrors(error: object): unknown[] {
  const servers: unknown = Object(Reflect.get(error, 'reason')).servers
  return servers instanceof Map ? [...servers.values()].map((server: unknown) => Object(server).error) : []
}

/** An error and what it wraps, from the outside in. Errors can wrap each other in a circle. */
function causesOf(error: unknown): readonly object[] {
  const chain: object[] = []
  const add = (one: unknown) => {
    if (typeof one !== 'object' || one === null || chain.includes(one) || chain.length >= DEEPEST_CAUSE)
      return
    chain.push(one)
    const inner = ['errorResponse', 'err', 'cause'].map((key): unknown => Reflect.get(one, key))
    for (const wrapped of [...inner, ...serverErrors(one)]) if (wrapped instanceof Error) add(wrapped)
  }
  add(error)
  return chain
}

/** Whether a read that failed with this may well work when it is tried again. */
export function isTransient(error: unknown): boolean {
  return PASSING.has(serverCode(error) ?? 0) || mongoFault(error, 'statement').code === 'connection_lost'
}

function refuses(error: object): boolean {
  const code = serverCode(error)
  if (code === ATLAS_ERROR) return /auth|credential/i.test(String(Reflect.get(error, 'message')))
  return code !== undefined && SERVER_CODES[code] === 'database_refused'
}

function serverCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'number' ? code : undefined
}
