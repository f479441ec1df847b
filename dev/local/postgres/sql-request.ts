import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Statement } from './sql-query.ts'

/** A request to SQL over HTTP, checked. */
export interface SqlRequest {
  /** User, password and database; protocol `http:`, because only such URLs are parsed in full. */
  connection: URL
  statements: Statement[]
  /** How the statements are wrapped in a transaction; absent for a single one. */
  batch?: {
    /** The statement that begins the transaction. */
    begin: string
    /** The headers that the response repeats. */
    echo: Record<string, string>
  }
}

/** A request that is refused before it reaches the database. */
export class BadRequest extends Error {
  override name = 'BadRequest'
  readonly status: number

  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}

const ISOLATION_LEVELS: Record<string, string> = {
  ReadUncommitted: 'READ UNCOMMITTED',
  ReadCommitted: 'READ COMMITTED',
  RepeatableRead: 'REPEATABLE READ',
  Serializable: 'SERIALIZABLE',
}

/** As at Neon (proxy/src/bin/proxy.rs, sql_over_http_max_request_size_bytes). */
const MAX_REQUEST_BYTES = 10 * 1024 * 1024

/**
 * Reads a request as the Neon driver sends it: https://github.com/neondatabase/serverless, src/httpQuery.ts.
 * @throws {BadRequest}
 */
export async function readSqlRequest(request: IncomingMessage): Promise<SqlRequest> {
  const connection = parseConnection(request.headers)
  if (request.headers['neon-raw-text-output'] !== 'true') {
    throw new BadRequest('only Neon-Raw-Text-Output: true is served here')
  }
  const arrayMode = request.headers['neon-array-mode'] === 'true'
  const body = parseJson(await readBody(request))
  if (!isRecord(body)) throw new BadRequest('the body must be an object')
  if (!('queries' in body)) return { connection, statements: [parseStatement(body, arrayMode)] }
  if (!Array.isArray(body.queries)) throw new BadRequest('"queries" must be an array')
  const statements = body.queries.map((query) => parseStatement(query, arrayMode))
  return { connection, statements, batch: parseBatch(request.headers) }
}

function parseConnection(headers: IncomingHttpHeaders): URL {
  const text = headers['neon-connection-string']
  if (typeof text !== 'string') throw new BadRequest('missing header Neon-Connection-String')
  const [, rest] = /^postgres(?:ql)?:(\/\/.*)$/.exec(text) ?? []
  const url = rest === undefined ? null : URL.parse(`http:${rest}`)
  if (!url?.username || url.pathname.length < 2) {
    throw new BadRequest('Neon-Connection-String needs the form postgresql://user:password@host/database')
  }
  return url
}

function parseBatch(headers: IncomingHttpHeaders): NonNullable<SqlRequest['batch']> {
  const words = ['START TRANSACTION']
  const echo: Record<string, string> = {}
  const level = headers['neon-batch-isolation-level']
  if (level !== undefined) {
    const name = typeof level === 'string' ? ISOLATION_LEVELS[level] : undefined
    if (typeof level !== 'string' || name === undefined) throw new BadRequest('invalid isolation level')
    words.push(`ISOLATION LEVEL ${name}`)
    echo['Neon-Batch-Isolation-Level'] = level
  }
  if (headers['neon-batch-read-only'] === 'true') {
    words.push('READ ONLY')
    echo['Neon-Batch-Read-Only'] = 'true'
  }
  if (headers['neon-batch-deferrable'] === 'true') {
    words.push('DEFERRABLE')
    echo['Neon-Batch-Deferrable'] = 'true'
  }
  return { begin: words.join(' '), echo }
}

function parseStatement(value: unknown, arrayMode: boolean): Statement {
  if (!isRecord(value) || typeof value.query !== 'string')
    throw new BadRequest('a query needs "query", a string')
  const params = value.params ?? []
  if (!Array.isArray(params)) throw new BadRequest('"params" must be an array')
  return {
    query: value.query,
    params,
    arrayMode: typeof value.arrayMode === 'boolean' ? value.arrayMode : arrayMode,
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    // Read to its end and not kept: a client that is still writing would see a reset instead of the answer.
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk)
  }
  if (size > MAX_REQUEST_BYTES)
    throw new BadRequest(`request is too large (max is ${MAX_REQUEST_BYTES} bytes)`, 413)
  return Buffer.concat(chunks).toString()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadRequest(`the body is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
