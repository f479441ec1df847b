import type { EngineOptions } from './engine.ts'
import { postgresFault } from './postgres-fault.ts'
import { sessionSettings } from './postgres-settings.ts'

/** Told how a statement ended. What a multi-statement text comes to is not asked for. */
export type OnAnswer<Row> = (error: unknown, result: { readonly rows: Row[] }) => void

/** What is asked of the driver's `Client`. Callbacks, so that nothing of what nobody waits for is left unhandled. */
export interface DriverClient {
  connect(done: (error?: unknown) => void): void
  query<Row extends object>(text: string, parameters: unknown[], done: OnAnswer<Row>): void
  end(): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  readonly connection: { readonly stream: { destroy(): unknown } }
}

/** What a session tells its pool. */
export interface SessionEvents {
  /** It is over, told once: by `end`, or by itself, which is a failure. */
  ended(session: PostgresSession, hasFailed: boolean): void
  /** Its lifetime is over. */
  expired(session: PostgresSession): void
}

export interface SessionSetting {
  /** Makes the driver's client, not connected yet. */
  readonly client: () => DriverClient
  readonly options: EngineOptions
  readonly events: SessionEvents
}

/** One open connection to a Postgres server: what the driver knows of it, and how long and how often it was used. */
export class PostgresSession {
  readonly #client: DriverClient
  readonly #setting: SessionSetting
  readonly #cancelLifetime: () => void
  readonly #openedAt: number
  #lastUsedAt: number | undefined
  #uses = 0
  #isExpired = false
  #hasEnded = false

  /** Connects and initialises within `connectTimeoutMs`. Throws a `Problem`; nothing is left open then. */
  static async open(setting: SessionSetting): Promise<PostgresSession> {
    const { commandTimeoutMs, connectTimeoutMs, after } = setting.options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const cancel = after(connectTimeoutMs, () => reject(new Error('no connection in time')))
    let client: DriverClient | undefined
    try {
      client = setting.client()
      client.on('error', reject)
      initialise(client, commandTimeoutMs, (error) => (error ? reject(error) : resolve()))
      await promise
      return new PostgresSession(client, setting)
    } catch (error) {
      if (client) abandon(client)
      throw postgresFault(error, 'opening').problem
    } finally {
      cancel()
    }
  }

  private constructor(client: DriverClient, setting: SessionSetting) {
    this.#client = client
    this.#setting = setting
    const { lifetime, now, after } = setting.options
    this.#openedAt = now()
    this.#cancelLifetime = after(lifetime(), () => {
      this.#isExpired = true
      setting.events.expired(this)
    })
    client.on('error', () => this.#end(true))
  }

  /** Epoch ms; `undefined` before its first use. */
  get lastUsedAt(): number | undefined {
    return this.#lastUsedAt
  }

  /** When it last showed that it was alive (epoch ms). */
  get aliveAt(): number {
    return this.#lastUsedAt ?? this.#openedAt
  }

  /** Whether it may be lent once more. */
  get isGood(): boolean {
    return !this.#hasEnded && !this.#isExpired && this.#uses < this.#setting.options.maxUses
  }

  /** Sends a statement after those that were sent before. Its time is the caller's to keep. */
  query<Row extends object>(text: string, parameters: unknown[], done: OnAnswer<Row>): void {
    this.#client.query<Row>(text, parameters, done)
  }

  /** Takes note of a use that is over. */
  used(): void {
    this.#uses++
    this.#lastUsedAt = this.#setting.options.now()
  }

  /** Ends it at once: with a farewell when it is idle, else the socket is closed and its statements fail. Idempotent. */
  end(): void {
    this.#end(false)
  }

  #end(hasFailed: boolean): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#cancelLifetime()
    // What it answers with is settled when the socket is closed: with a peer that is silent, never.
    this.#client.end()
    this.#setting.events.ended(this, hasFailed)
  }
}

/**
 * `end` says farewell, and leaves it to the server to close the socket: the driver's stream does not call back once
 * the farewell is sent, as pg expects it to. One that is not connected yet would go on connecting.
 */
function abandon(client: DriverClient): void {
  client.end()
  client.connection.stream.destroy()
}

function initialise(client: DriverClient, commandTimeoutMs: number, done: (error: unknown) => void): void {
  client.connect((error) => {
    if (error) return done(error)
    // Set here and not in the startup message: poolers in front of a server refuse unknown startup parameters.
    client.query(sessionSettings(commandTimeoutMs), [], done)
  })
}
