import type { IncomingMessage, ServerResponse } from 'node:http'
import pg from 'pg'
import type { Answer, HttpFaults } from '../http-faults.ts'
import { ForbiddenAddress, type Reach } from './reach.ts'
import { SqlPools } from './sql-pools.ts'
import { type Budget, ResponseTooLarge, runStatement, type StatementResult } from './sql-query.ts'
import { BadRequest, readSqlRequest, type SqlRequest } from './sql-request.ts'

/** Neon's SQL over HTTP in front of a Postgres server. */
interface SqlHttp {
  /** Answers a request, whatever happens. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>
  close(): Promise<void>
}

/** As at Neon (proxy/src/bin/proxy.rs, sql_over_http_max_response_size_bytes). */
const MAX_RESPONSE_BYTES = 10 * 1024 * 1024

const CORS = { 'access-control-allow-origin': '*' }

const PREFLIGHT: Answer = {
  status: 200,
  headers: {
    ...CORS,
    allow: 'OPTIONS, POST',
    'access-control-allow-headers': [
      'Authorization',
      'Neon-Connection-String',
      'Neon-Raw-Text-Output',
      'Neon-Array-Mode',
      'Neon-Pool-Opt-In',
      'Neon-Batch-Read-Only',
      'Neon-Batch-Isolation-Level',
    ].join(', '),
    'access-control-max-age': '86400',
  },
  body: '',
}

/** The fields of an error that the driver takes over: `errorFields` in src/httpQuery.ts of the Neon driver. */
const ERROR_FIELDS = [
  ...[
    'severity',
    'code',
    'detail',
    'hint',
    'position',
    'internalPosition',
    'internalQuery',
    'where',
    'schema',
  ],
  ...['table', 'column', 'dataType', 'constraint', 'file', 'line', 'routine'],
] as const

/** Opens SQL over HTTP in front of the servers within reach. It connects when the first request comes. */
export function openSqlHttp(reach: Reach, http: HttpFaults, log: (line: string) => void): SqlHttp {
  const pools = new SqlPools(reach, log)
  return {
    serve: (request, response) =>
      http.answer(request, response, {
        work: async (signal) => {
          if (request.method === 'OPTIONS') return PREFLIGHT
          if (request.method !== 'POST')
            return answer(405, { message: 'method not allowed' }, { allow: 'OPTIONS, POST' })
          try {
            return await run(pools, await readSqlRequest(request), signal, log)
          } catch (error) {
            return answerError(error)
          }
        },
        refuse: (status, message) => answer(status, { message }),
      }),
    close: () => pools.close(),
  }
}

async function run(
  pools: SqlPools,
  sql: SqlRequest,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<Answer> {
  return pools.use(sql.connection, async (client) => {
    // Set by pg from the BackendKeyData message; its types leave it out.
    const pid = (client as pg.PoolClient & { processID: number }).processID
    const cancel = () =>
      pools.cancel(sql.connection, pid).catch((error) => log(`SQL over HTTP: cancel failed: ${error}`))
    let cancelling: Promise<void> | undefined
    const onDeparture = () => {
      cancelling = cancel()
    }
    signal.addEventListener('abort', onDeparture)
    try {
      signal.throwIfAborted()
      return await runStatements(client, sql)
    } catch (error) {
      // Rows that nobody wants may be without end.
      if (error instanceof ResponseTooLarge) cancelling = cancel()
      throw error
    } finally {
      signal.removeEventListener('abort', onDeparture)
      // Before the connection is used again: a late cancel would hit somebody else's statement.
      await cancelling
    }
  })
}

async function runStatements(client: pg.PoolClient, { statements, batch }: SqlRequest): Promise<Answer> {
  const budget: Budget = { maxBytes: MAX_RESPONSE_BYTES, leftBytes: MAX_RESPONSE_BYTES }
  const results: StatementResult[] = []
  if (batch) await client.query(batch.begin)
  for (const statement of statements) results.push(await runStatement(client, statement, budget))
  if (!batch) return answer(200, results[0])
  // On an error the connection is dropped, and its transaction with it.
  await client.query('COMMIT')
  return answer(200, { results }, batch.echo)
}

/**
 * The driver reads the body of a 400 alone, so everything that its user must be told comes as one: SQL errors, wrong
 * passwords, bad requests, a full pool.
 */
function answerError(error: unknown): Answer {
  if (error instanceof BadRequest) return answer(error.status, { message: error.message, code: null })
  if (error instanceof ForbiddenAddress) return answer(403, { message: error.message, code: null })
  if (error instanceof ResponseTooLarge) return answer(507, { message: error.message, code: null })
  const { message } = error instanceof Error ? error : new Error(String(error))
  const given: Record<string, unknown> = { ...(error instanceof Error && error) }
  const fields = Object.fromEntries(ERROR_FIELDS.map((name) => [name, given[name] ?? null]))
  const isForTheUser =
    error instanceof pg.DatabaseError || given.severity !== undefined || /timeout/.test(message)
  return answer(isForTheUser ? 400 : 500, { message, ...fields })
}

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { ...CORS, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}
