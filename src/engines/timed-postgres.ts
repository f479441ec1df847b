import type { Parameter, PostgresConnection, Statement } from './connection.ts'
import { sqlShape } from './sql-shape.ts'

/** Told of everything that ended, well or badly. */
export type OnEnded = (ended: { readonly durationMs: number; readonly shape: () => string }) => void

/** A connection whose statements are timed for one request, where many requests share it. */
export class TimedPostgres implements PostgresConnection {
  readonly engine = 'postgres'
  readonly #connection: PostgresConnection
  readonly #now: () => number
  readonly #onEnded: OnEnded

  constructor(connection: PostgresConnection, now: () => number, onEnded: OnEnded) {
    this.#connection = connection
    this.#now = now
    this.#onEnded = onEnded
  }

  query<Row extends object>(text: string, parameters?: readonly Parameter[]): Promise<Row[]> {
    return this.#timed([text], () => this.#connection.query<Row>(text, parameters))
  }

  batch(statements: readonly string[]): Promise<void> {
    return this.#timed(statements, () => this.#connection.batch(statements))
  }

  atomically(statements: readonly Statement[]): Promise<void> {
    const texts = statements.map(({ text }) => text)
    return this.#timed(texts, () => this.#connection.atomically(statements))
  }

  async #timed<T>(texts: readonly string[], work: () => Promise<T>): Promise<T> {
    const started = this.#now()
    try {
      return await work()
    } finally {
      this.#onEnded({ durationMs: this.#now() - started, shape: () => sqlShape(texts.join(';\n')) })
    }
  }
}
