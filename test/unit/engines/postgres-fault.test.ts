import { expect, test } from 'vitest'
import { postgresFault } from '../../../src/engines/postgres-fault.ts'
import { Problem, problemResponse } from '../../../src/problem.ts'

/** What the driver throws for an error of the server (pg-protocol's DatabaseError). */
const server = (code: string, severity = 'ERROR') =>
  Object.assign(new Error('hush'), { code, severity, detail: 'hush', where: 'hush', routine: 'hush' })

test.each([
  // SQLSTATE, in a statement, whether the connection is lost with it, while opening
  ['23505', 'conflict', false, 'database_unavailable'],
  ['23503', 'unprocessable', false, 'database_unavailable'],
  ['23514', 'unprocessable', false, 'database_unavailable'],
  ['22001', 'unprocessable', false, 'database_unavailable'],
  ['22P02', 'unprocessable', false, 'database_unavailable'],
  ['40001', 'transaction_conflict', false, 'database_unavailable'],
  ['40P01', 'transaction_conflict', false, 'database_unavailable'],
  ['57014', 'database_timeout', false, 'database_unavailable'],
  ['25006', 'read_only', false, 'database_unavailable'],
  ['42601', 'query_failed', false, 'database_unavailable'],
  ['42P01', 'query_failed', false, 'database_unavailable'],
  ['0A000', 'query_failed', false, 'database_unavailable'],
  ['XX000', 'query_failed', false, 'database_unavailable'],
  ['E0001', 'query_failed', false, 'database_unavailable'],
  // A login can be refused with whatever code: by the server, a pooler in front of it, or an extension.
  ['58000', 'database_unavailable', false, 'database_unavailable'],
  ['55000', 'query_failed', false, 'database_unavailable'],
  ['26000', 'query_failed', false, 'database_unavailable'],
  ['22023', 'unprocessable', false, 'database_unavailable'],
  ['42501', 'query_failed', false, 'database_refused'],
  ['55006', 'transaction_conflict', false, 'database_unavailable'],
  ['55P03', 'transaction_conflict', false, 'database_unavailable'],
  ['25P04', 'database_timeout', false, 'database_unavailable'],
  ['40003', 'transaction_conflict', false, 'database_unavailable'],
  ['53100', 'database_unavailable', false, 'database_unavailable'],
  ['54000', 'unprocessable', false, 'database_unavailable'],
  ['28P01', 'database_refused', false, 'database_refused'],
  ['28000', 'database_refused', false, 'database_refused'],
  ['3D000', 'database_refused', false, 'database_refused'],
  ['53300', 'database_unavailable', false, 'database_unavailable'],
  ['53200', 'database_unavailable', false, 'database_unavailable'],
  ['57P03', 'database_unavailable', false, 'database_unavailable'],
  ['57P01', 'connection_lost', true, 'database_unavailable'],
  ['57P02', 'connection_lost', true, 'database_unavailable'],
  ['57P05', 'connection_lost', true, 'database_unavailable'],
  ['25P03', 'connection_lost', true, 'database_unavailable'],
  ['08006', 'connection_lost', true, 'database_unavailable'],
  ['08003', 'connection_lost', true, 'database_unavailable'],
] as const)('SQLSTATE %s is %s, and the connection is lost: %s', (sqlstate, code, fatal, whileOpening) => {
  const fault = postgresFault(server(sqlstate), 'statement')
  expect([fault.problem.code, fault.fatal]).toEqual([code, fatal])
  const opening = postgresFault(server(sqlstate), 'opening')
  expect([opening.problem.code, opening.fatal]).toEqual([whileOpening, true])
})

test.each(['FATAL', 'PANIC'])(
  'an error of severity %s ends the connection, whatever its code',
  (severity) => {
    expect(postgresFault(server('42601', severity), 'statement').fatal).toBe(true)
  },
)

const system = (code: string) => Object.assign(new Error('hush'), { code })
const withoutSqlState: readonly [string, unknown][] = [
  ['a reset socket', system('ECONNRESET')],
  ['a broken pipe, whose code looks like a SQLSTATE', system('EPIPE')],
  ['a host that is not found', system('ENOTFOUND')],
  ['the driver saying that the connection ended', new Error('Connection terminated unexpectedly')],
  ['an ErrorEvent', Object.assign(new Event('error'), { message: 'hush', error: new Error('hush') })],
  ['an error whose code is a number', Object.assign(new Error('hush'), { code: 42_601 })],
  ['an error whose code is too long', system('4260100')],
  ['null', null],
  ['undefined', undefined],
  ['a string', 'hush'],
  ['a number', 7],
  ['an empty object', {}],
  ['an object without a prototype', Object.create(null)],
]

test.each(withoutSqlState)('%s loses the connection', (_, error) => {
  const fault = postgresFault(error, 'statement')
  expect([fault.problem.code, fault.fatal]).toEqual(['connection_lost', true])
  const opening = postgresFault(error, 'opening')
  expect([opening.problem.code, opening.fatal]).toEqual(['database_unavailable', true])
})

test('nothing of an error comes out', async () => {
  const errors = [server('23505'), server('57P01', 'FATAL'), ...withoutSqlState.map(([, error]) => error)]
  for (const error of errors) {
    for (const phase of ['opening', 'statement'] as const) {
      const { problem } = postgresFault(error, phase)
      expect(problem).toBeInstanceOf(Problem)
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
