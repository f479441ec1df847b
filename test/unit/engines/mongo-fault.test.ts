import * as driver from 'mongodb'
import { expect, test } from 'vitest'
import { isTransient, mongoFault } from '../../../src/engines/mongo-fault.ts'
import { Problem, problemResponse } from '../../../src/problem.ts'

const server = (code: number) => new driver.MongoServerError({ message: 'hush', errmsg: 'hush', code })

test.each([
  [11_000, 'conflict'],
  [112, 'transaction_conflict'],
  [50, 'database_timeout'],
  [262, 'database_timeout'],
  [13, 'database_refused'],
  [18, 'database_refused'],
  [8_000, 'query_failed'],
  [64, 'write_unconfirmed'],
  [100, 'write_unconfirmed'],
  [215, 'transaction_conflict'],
  [246, 'transaction_conflict'],
  [251, 'transaction_conflict'],
  [462, 'database_unavailable'],
  [2, 'unprocessable'],
  [121, 'unprocessable'],
  [10_334, 'unprocessable'],
  [91, 'connection_lost'],
  [189, 'connection_lost'],
  [10_107, 'connection_lost'],
  [11_600, 'connection_lost'],
  [11_602, 'connection_lost'],
  [13_435, 'connection_lost'],
  [13_436, 'connection_lost'],
  [59, 'query_failed'],
  [999_999, 'query_failed'],
] as const)('a server error with code %i is %s', (number, code) => {
  expect(mongoFault(server(number), 'statement').code).toBe(code)
})

const topology = { type: 'Unknown', servers: new Map() } as unknown as driver.TopologyDescription
const named = (name: string) => Object.defineProperty(new driver.MongoError('hush'), 'name', { value: name })
const lost = new driver.MongoNetworkError('hush')
const cleared = (cause: Error) => Object.assign(named('MongoPoolClearedError'), { cause })

const errors: readonly [string, unknown, string, string][] = [
  // error, in a statement, while opening
  [
    'no server',
    new driver.MongoServerSelectionError('hush', topology),
    'database_unavailable',
    'database_unavailable',
  ],
  ['a lost socket', new driver.MongoNetworkError('hush'), 'connection_lost', 'database_unavailable'],
  [
    'a silent socket',
    new driver.MongoNetworkTimeoutError('hush'),
    'database_timeout',
    'database_unavailable',
  ],
  [
    'an operation that took too long',
    new driver.MongoOperationTimeoutError('hush'),
    'database_timeout',
    'database_unavailable',
  ],
  ['no connection in time', named('MongoWaitQueueTimeoutError'), 'database_timeout', 'database_unavailable'],
  ['a pool that was cleared', named('MongoPoolClearedError'), 'connection_lost', 'database_unavailable'],
  ['a pool that was cleared for a lost socket', cleared(lost), 'connection_lost', 'database_unavailable'],
  ['a pool that was cleared for a refusal', cleared(server(18)), 'database_refused', 'database_refused'],
  ['a pool that was closed', named('MongoPoolClosedError'), 'pool_closed', 'pool_closed'],
  ['a client that was closed', new driver.MongoNotConnectedError('hush'), 'pool_closed', 'pool_closed'],
  ['a topology that was closed', new driver.MongoTopologyClosedError('hush'), 'pool_closed', 'pool_closed'],
  [
    'a value that BSON has no form for',
    new driver.BSON.BSONError('hush'),
    'unprocessable',
    'database_unavailable',
  ],
  ['an error of a bulk write', bulkWriteError(), 'conflict', 'database_unavailable'],
  ['a misused driver', new driver.MongoInvalidArgumentError('hush'), 'query_failed', 'database_unavailable'],
  ['an address that is not found', system('ENOTFOUND'), 'database_misconfigured', 'database_misconfigured'],
  ['null', null, 'query_failed', 'database_unavailable'],
  ['undefined', undefined, 'query_failed', 'database_unavailable'],
  ['a string', 'hush', 'query_failed', 'database_unavailable'],
  ['a plain object with a code', { code: 11_000, message: 'hush' }, 'query_failed', 'database_unavailable'],
]

function bulkWriteError(): Error {
  const result = { getWriteErrors: () => [] } as unknown as driver.BulkWriteResult
  return new driver.MongoBulkWriteError({ message: 'hush', code: 11_000, writeErrors: [] }, result)
}

function system(code: string): Error {
  return Object.assign(new Error('hush'), { code })
}

test.each(errors)('%s', (_, error, inStatement, whileOpening) => {
  expect(mongoFault(error, 'statement').code).toBe(inStatement)
  expect(mongoFault(error, 'opening').code).toBe(whileOpening)
})

test('a problem stays what it is', () => {
  const problem = new Problem('pool_timeout')
  expect(mongoFault(problem, 'statement')).toBe(problem)
})

test('nothing of an error comes out', async () => {
  for (const error of [server(11_000), server(59), ...errors.map(([, error]) => error)]) {
    for (const phase of ['opening', 'statement'] as const) {
      const problem = mongoFault(error, phase)
      const told = [
        problem.message,
        problem.stack,
        problem.cause,
        await problemResponse(problem, 'id').text(),
      ]
      expect(told.join()).not.toContain('hush')
    }
  }
})

test.each([
  ['a lost socket', lost, true],
  ['a pool that was cleared for a lost socket', cleared(lost), true],
  ['a server that shuts down', server(91), true],
  ['a network that the server found slow', server(89), true],
  ['a majority that is not there yet', server(134), true],
  ['a pool that was cleared for a refusal', cleared(server(18)), false],
  ['a time limit', server(50), false],
  ['bad input', server(2), false],
  ['a misused driver', new driver.MongoInvalidArgumentError('hush'), false],
  ['null', null, false],
])('%s passes by itself: %s', (_, error, passes) => {
  expect(isTransient(error)).toBe(passes)
})

const atlas = (message: string) => new driver.MongoServerError({ message, errmsg: message, code: 8_000 })

test('an error of Atlas is a refusal only where it speaks of credentials', () => {
  for (const phase of ['statement', 'opening'] as const) {
    expect(mongoFault(atlas('bad auth : Authentication failed.'), phase).code).toBe('database_refused')
  }
  const full = atlas('cannot create a new collection -- already using 500 collections of 500')
  expect(mongoFault(full, 'statement').code).toBe('query_failed')
})

const bulk = (error: unknown) =>
  new driver.MongoBulkWriteError(error as driver.AnyError, {} as unknown as driver.BulkWriteResult)
const wrapped = (error: unknown, depth: number): unknown =>
  depth === 0 ? error : wrapped(Object.assign(new Error('hush'), { cause: error }), depth - 1)

test.each<[string, unknown, string]>([
  ['a bulk write on a cut connection', bulk(new driver.MongoNetworkError('hush')), 'connection_lost'],
  [
    'a bulk write that nobody answered',
    bulk(new driver.MongoNetworkTimeoutError('hush')),
    'database_timeout',
  ],
  ['a bulk write that met a unique index', bulk(server(11_000)), 'conflict'],
  ['a bulk write on a server that steps down', bulk(server(189)), 'connection_lost'],
  ['a lost socket in five wrappers', wrapped(new driver.MongoNetworkError('hush'), 5), 'connection_lost'],
  ['a bulk write in wrappers', wrapped(bulk(new driver.MongoNetworkError('hush')), 3), 'connection_lost'],
  [
    'a write that too few members have',
    new driver.MongoWriteConcernError({
      ok: 1,
      writeConcernError: { code: 64, errmsg: 'hush', errInfo: {} },
    } as never),
    'write_unconfirmed',
  ],
])('the cause decides, however deeply it is wrapped: %s', (_, error, code) => {
  expect(mongoFault(error, 'statement').code).toBe(code)
})

test('errors that wrap each other in a circle have no meaning of their own', () => {
  const [one, other] = [new Error('hush'), new Error('hush')]
  Object.assign(one, { cause: other })
  Object.assign(other, { cause: one })
  expect(mongoFault(one, 'statement').code).toBe('query_failed')
})

test.each([2, 59, 121, 11_000, 112, 50, 64, 215])(
  'what a login meets is never the caller’s fault: %i',
  (code) => {
    expect(mongoFault(server(code), 'opening').code).toBe('database_unavailable')
  },
)

const unselected = (error: Error) =>
  new driver.MongoServerSelectionError('hush', {
    type: 'Unknown',
    servers: new Map([['h:27017', { error }]]),
  } as unknown as driver.TopologyDescription)
const coded = (code: string) => Object.assign(new Error('hush'), { code })

test.each<[string, unknown]>([
  ['a server too old for the driver', new driver.MongoCompatibilityError('hush')],
  ['the same, where no server could be chosen', unselected(new driver.MongoCompatibilityError('hush'))],
  [
    'a host name that there is not',
    unselected(Object.assign(new driver.MongoNetworkError('hush'), { cause: coded('ENOTFOUND') })),
  ],
  ['a certificate that has expired', unselected(coded('CERT_HAS_EXPIRED'))],
  ['a certificate of nobody', coded('DEPTH_ZERO_SELF_SIGNED_CERT')],
])('what no retry mends is told apart from what passes: %s', (_, error) => {
  const problem = mongoFault(error, 'opening')
  expect([problem.code, problem.status]).toEqual(['database_misconfigured', 502])
  expect(problem.fault).toMatch(/^mongo \w+$/)
})

test('a server that could not be chosen for a reason that passes is unavailable', () => {
  expect(mongoFault(unselected(new driver.MongoNetworkError('hush')), 'opening').code).toBe(
    'database_unavailable',
  )
})
