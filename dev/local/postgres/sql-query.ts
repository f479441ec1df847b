import pg from 'pg'

/** A statement as it comes in a request. */
export interface Statement {
  query: string
  params: unknown[]
  /** Rows as arrays, not as objects. */
  arrayMode: boolean
}

/** The result of one statement, in the words of Neon's SQL over HTTP. */
export interface StatementResult {
  rowAsArray: boolean
  fields: {
    name: string
    dataTypeID: number
    tableID: number
    columnID: number
    dataTypeSize: number
    dataTypeModifier: number
    format: 'text'
  }[]
  rows: (TextRow | Record<string, string | null>)[]
  command: string
  rowCount: number | null
}

/** A row in Postgres' own text form. */
type TextRow = (string | null)[]

/** What of a result builder is read; `pg` fills it while the rows come in. */
interface RawResult {
  fields: pg.FieldDef[]
  command: string | null
  rowCount: number | null
}

/** The rows of a response are more than it may hold. */
export class ResponseTooLarge extends Error {
  override name = 'ResponseTooLarge'
}

/** How many bytes of values a response may still take; shared by the statements of a batch. */
export interface Budget {
  readonly maxBytes: number
  leftBytes: number
}

/**
 * Runs one statement and keeps its values as text.
 * @throws {ResponseTooLarge} as soon as the budget is spent; the statement may then still be running.
 */
export function runStatement(
  client: pg.PoolClient,
  statement: Statement,
  budget: Budget,
): Promise<StatementResult> {
  const config: pg.QueryArrayConfig & { queryMode: 'extended' } = {
    text: statement.query,
    values: statement.params,
    rowMode: 'array',
    // Always parsed as one statement, also without parameters: that is what keeps `; DROP …` from running.
    queryMode: 'extended',
    types: { getTypeParser: () => (text: string) => text },
  }
  const { promise, resolve, reject } = Promise.withResolvers<StatementResult>()
  const rows: TextRow[] = []
  const query = new pg.Query<TextRow>(config)
  query.on('row', (row) => {
    if (budget.leftBytes < 0) return
    for (const value of row) budget.leftBytes -= value === null ? 4 : Buffer.byteLength(value)
    rows.push(row)
    if (budget.leftBytes < 0) {
      rows.length = 0
      reject(new ResponseTooLarge(`response is too large (max is ${budget.maxBytes} bytes)`))
    }
  })
  query.on('error', reject)
  query.on('end', (result: RawResult) => {
    const fields = result.fields.map(describeField)
    resolve({
      rowAsArray: statement.arrayMode,
      fields,
      rows: statement.arrayMode ? rows : rows.map((row) => nameValues(row, fields)),
      // Neon's word for "no command" (an empty statement) is the empty string, pg's is null.
      command: result.command ?? '',
      rowCount: result.rowCount,
    })
  })
  client.query(query)
  return promise
}

function describeField(field: pg.FieldDef): StatementResult['fields'][number] {
  const { name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier } = field
  return { name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier, format: 'text' }
}

function nameValues(row: TextRow, fields: StatementResult['fields']): Record<string, string | null> {
  return Object.fromEntries(fields.map(({ name }, column) => [name, row[column] ?? null]))
}
