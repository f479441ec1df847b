import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless'
import { Problem } from '../problem.ts'
import type { Parameter, PostgresConnection, Statement } from './connection.ts'
import { postgresFault } from './postgres-fault.ts'
import { TRANSACTION_SETTINGS } from './postgres-settings.ts'

/**
 * Postgres over Neon's HTTP protocol: a statement is a fetch, so nothing of it is bound to the request that made it,
 * and one may be kept at module scope and used by every request of an isolate.
 */
export class PostgresHttp implements PostgresConnection {
  readonly engine = 'postgres'
  readonly #sql: NeonQueryFunction<false, false>
  readonly #timeoutMs: number

  /**
   * @param endpoint where the protocol is served, if not by Neon itself
   * @param timeoutMs how long one statement may take
   */
  constructor(url: string, endpoint: string | undefined, timeoutMs: number) {
    // Global to the isolate, as all of the driver's settings are; one variable of the deployment decides it.
    if (endpoint !== undefined) neonConfig.fetchEndpoint = endpoint
    this.#sql = neon(url)
    this.#timeoutMs = timeoutMs
  }

  async query<Row extends object>(text: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return (await this.#transaction([{ text, parameters }])) as Row[]
  }

  async batch(statements: readonly string[]): Promise<void> {
    await this.atomically(statements.map((text) => ({ text, parameters: [] })))
  }

  /** One request, which Neon's proxy runs between BEGIN and COMMIT (github.com/neondatabase/serverless, README). */
  async atomically(statements: readonly Statement[]): Promise<void> {
    await this.#transaction(statements)
  }

  /** The rows of the last statement. The session behind the proxy is anybody's: each request says how values are written. */
  async #transaction(statements: readonly Statement[]): Promise<unknown> {
    const queries = statements.map(({ text, parameters }) => this.#sql.query(text, [...parameters]))
    const all = [this.#sql.query(TRANSACTION_SETTINGS), ...queries]
    const options = { isolationLevel: 'ReadCommitted', fetchOptions: this.#limits() } as const
    for (let left = REPEATS; ; left--) {
      try {
        return (await this.#sql.transaction(all, options)).at(-1)
      } catch (error) {
        if (left === 0 || !postgresFault(error, 'statement').repeatable) fail(error)
      }
    }
  }

  #limits(): { readonly signal: AbortSignal } {
    return { signal: AbortSignal.timeout(this.#timeoutMs) }
  }
}

/** How often a transaction is done again that was rolled back for others' sake. */
const REPEATS = 3

/** What Neon's proxy says of an answer that it does not hand on (github.com/neondatabase/neon, sql_over_http.rs). */
const TOO_LARGE = /response is too large \(max is (\d+) bytes\)/

function fail(error: unknown): never {
  const bytes = error instanceof Error ? TOO_LARGE.exec(error.message)?.[1] : undefined
  if (bytes !== undefined) {
    throw new Problem('answer_too_large', { detail: `At most ${bytes} bytes: ask for fewer at a time.` })
  }
  throw postgresFault(error, hasSqlState(error) ? 'statement' : 'opening').problem
}

/** Without one it was the way to the database that failed. */
function hasSqlState(error: unknown): boolean {
  return error instanceof Error && typeof Reflect.get(error, 'code') === 'string'
}
