/**
 * What decides how values are written and read, and which transactions a statement runs in: set for each session, because
 * a server, a role and a database may each say otherwise (postgresql.org/docs/18/config-setting.html). Whether writes are
 * allowed, how long a lock is waited for and where names are looked up stay as the database has them.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
}

const ASSIGNMENTS = Object.entries(SETTINGS).map(([name, value]) => `SET ${name} = '${value}'`)

/** What makes a session one of ours, in one round trip. @param statementMs how long one statement may take */
export function sessionSettings(statementMs: number): string {
  return [...ASSIGNMENTS, `SET statement_timeout = ${Math.ceil(statementMs)}`].join('; ')
}

/** The same for one transaction, as one statement: where there is no session, each request brings it along. */
export const TRANSACTION_SETTINGS = `SELECT ${Object.entries(SETTINGS)
  .filter(([name]) => name !== 'client_encoding')
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ')}`
