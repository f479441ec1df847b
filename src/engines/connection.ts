import type { MongoConnection } from './mongo-connection.ts'

/** A statement's parameters; always sent apart from its text. */
export type Parameter = string | number | boolean | Date | null | readonly string[]

/** A statement with its parameters. */
export interface Statement {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

/** What stores run their Postgres statements on, over whichever way. Every method throws a `Problem`. */
export interface PostgresConnection {
  readonly engine: 'postgres'
  /** Runs one statement and returns its rows. */
  query<Row extends object>(text: string, parameters?: readonly Parameter[]): Promise<Row[]>
  /** Runs statements without parameters in one round trip, as one transaction. */
  batch(statements: readonly string[]): Promise<void>
  /** Runs statements one after the other as one transaction: all of them hold, or after any error none. */
  atomically(statements: readonly Statement[]): Promise<void>
}

/** What a request runs its statements on. Which one it is follows from the tenant's engine. */
export type Connection = PostgresConnection | MongoConnection
