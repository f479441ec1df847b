import { type Deadline, leftOf } from '../deadline.ts'
import { Problem } from '../problem.ts'
import type { Parameter, PostgresConnection, Statement } from './connection.ts'
import type { EngineHooks, EngineOptions, ServerConnections } from './engine.ts'
import { postgresFault } from './postgres-fault.ts'
import type { PostgresSession } from './postgres-session.ts'
import { sqlShape } from './sql-shape.ts'

/** How much longer than the server's own `statement_timeout` the client waits: then the server is not answering. */
const ANSWER_GRACE_MS = 2_000

/** How often a transaction is done again that was rolled back for others' sake. */
const REPEATS = 3

type Running = Pick<PromiseWithResolvers<unknown>, 'promise' | 'reject'>

/** One checked-out Postgres connection. Statements on it run one after the other. */
export class PostgresClient implements PostgresConnection {
  readonly engine = 'postgres'
  readonly #session: PostgresSession
  readonly #options: EngineOptions
  readonly #hooks: EngineHooks
  readonly #deadline: Deadline | undefined
  readonly #running = new Set<Running>()
  #isBroken = false
  #isInTransaction = false
  /** What was rolled back for others' sake. */
  readonly #rolledBack = new WeakSet<Problem>()

  /** @param deadline no statement is waited for longer */
  constructor(session: PostgresSession, options: EngineOptions, hooks: EngineHooks, deadline?: Deadline) {
    this.#session = session
    this.#options = options
    this.#hooks = hooks
    this.#deadline = deadline
  }

  /** Whether it must not be lent again. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Whether a statement runs on it. */
  get isBusy(): boolean {
    return this.#running.size > 0
  }

  /** Runs one statement and returns its rows. Throws a `Problem`; after a plain SQL error the connection stays good. */
  query<Row extends object>(text: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    const run = () => this.#run<Row>(text, parameters)
    return this.#isInTransaction ? run() : this.#repeated(run)
  }

  /** Runs statements without parameters in one round trip: what is sent as one is one transaction. */
  async batch(statements: readonly string[]): Promise<void> {
    await this.#repeated(() => this.#run(statements.join(';\n'), []))
  }

  async atomically(statements: readonly Statement[]): Promise<void> {
    await this.#repeated(() =>
      this.transaction(async () => {
        for (const { text, parameters } of statements) await this.query(text, parameters)
      }),
    )
  }

  /**
   * Runs `work` between BEGIN and COMMIT; any error rolls back. A connection whose transaction could not be ended is
   * closed rather than lent to somebody else in the middle of it.
   */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.query('BEGIN')
    this.#isInTransaction = true
    try {
      const outcome = await work()
      await this.query('COMMIT')
      return outcome
    } catch (error) {
      await this.query('ROLLBACK').catch(() => {
        this.#isBroken = true
      })
      throw error
    } finally {
      this.#isInTransaction = false
    }
  }

  /** Throws `database_timeout` when no answer comes within `timeoutMs`; the connection is broken then. */
  async ping(timeoutMs: number): Promise<void> {
    await this.#run('SELECT 1', [], timeoutMs)
  }

  /** The server's count of its client connections. */
  async serverConnections(): Promise<ServerConnections> {
    const [row] = await this.query<{ current: number; ours: number; max: number }>(
      `SELECT count(*)::int AS current,
              count(*) FILTER (WHERE application_name = current_setting('application_name'))::int AS ours,
              current_setting('max_connections')::int AS max
         FROM pg_stat_activity WHERE backend_type = 'client backend'`,
    )
    if (!row) throw new Problem('query_failed')
    return row
  }

  /** Resolves once no statement runs, so that the next borrower never meets a stranger's. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running].map(({ promise }) => promise))
  }

  async #run<Row extends object>(
    text: string,
    parameters: readonly Parameter[],
    timeoutMs = this.#options.commandTimeoutMs + ANSWER_GRACE_MS,
  ): Promise<Row[]> {
    const { now, after } = this.#options
    const started = now()
    const leftMs = leftOf(this.#deadline, started, timeoutMs)
    // Nobody would hear of its answer.
    if (leftMs === 0) throw new Problem('database_timeout')
    const statement = Promise.withResolvers<Row[]>()
    this.#running.add(statement)
    const cancel = after(leftMs, () => this.#giveUp(statement))
    this.#session.query<Row>(text, [...parameters], (error, result) => {
      if (error) statement.reject(error)
      else statement.resolve(result.rows)
    })
    try {
      return await statement.promise
    } catch (error) {
      const { problem, fatal, repeatable } =
        error instanceof Problem ? { problem: error, fatal: true } : postgresFault(error, 'statement')
      if (fatal) this.#isBroken = true
      else if (repeatable) this.#rolledBack.add(problem)
      throw problem
    } finally {
      cancel()
      this.#running.delete(statement)
      this.#hooks.commandEnded({ connection: this, durationMs: now() - started, shape: () => sqlShape(text) })
    }
  }

  /**
   * Does `work`, a whole transaction, again when the server has rolled it back for others' sake, a few times: nothing of
   * it was done (postgresql.org/docs/18/mvcc-serialization-failure-handling.html).
   */
  async #repeated<T>(work: () => Promise<T>): Promise<T> {
    for (let left = REPEATS; ; left--) {
      try {
        return await work()
      } catch (error) {
        if (left === 0 || !(error instanceof Problem && this.#rolledBack.has(error))) throw error
      }
    }
  }

  /** The server does not answer `late`: nothing behind it will be answered either, and nobody is to wait for that. */
  #giveUp(late: Running): void {
    late.reject(new Problem('database_timeout'))
    for (const statement of this.#running) statement.reject(new Problem('connection_lost'))
    this.#session.end()
  }
}
