import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless'
import type { Parameter, PostgresConnection, Statement } from './connection.ts'
import { postgresFault } from './postgres-fault.ts'

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
    const rows = this.#sql.query(text, [...parameters], { fetchOptions: this.#limits() })
    return (await rows.catch(fail)) as Row[]
  }

  async batch(statements: readonly string[]): Promise<void> {
    await this.atomically(statements.map((text) => ({ text, parameters: [] })))
  }

  /** One request, which Neon's proxy runs between BEGIN and COMMIT (github.com/neondatabase/serverless, README). */
  async atomically(statements: readonly Statement[]): Promise<void> {
    const queries = statements.map(({ text, parameters }) => this.#sql.query(text, [...parameters]))
    await this.#sql.transaction(queries, { fetchOptions: this.#limits() }).catch(fail)
  }

  #limits(): { readonly signal: AbortSignal } {
    return { signal: AbortSignal.timeout(this.#timeoutMs) }
  }
}

function fail(error: unknown): never {
  throw postgresFault(error, hasSqlState(error) ? 'statement' : 'opening').problem
}

/** Without one it was the way to the database that failed. */
function hasSqlState(error: unknown): boolean {
  return error instanceof Error && typeof Reflect.get(error, 'code') === 'string'
}
