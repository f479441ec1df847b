import type { Deadline } from '../deadline.ts'
import { Problem } from '../problem.ts'
import type { Checkout, EngineCounts, EngineHooks, EngineOptions, EnginePool } from './engine.ts'
import { FreeSessions } from './free-sessions.ts'
import { PostgresClient } from './postgres-client.ts'
import { type DriverClient, PostgresSession, type SessionSetting } from './postgres-session.ts'

/** Postgres connections, kept open between leases. Who gets one is decided above; this only has them. */
export class PostgresPool implements EnginePool<PostgresClient> {
  readonly #options: EngineOptions
  readonly #hooks: EngineHooks
  readonly #setting: SessionSetting
  /** Every open connection. */
  readonly #sessions = new Set<PostgresSession>()
  readonly #free: FreeSessions
  #maxSize: number
  #opening = 0
  #held = 0
  #isClosing = false
  /** Settled by whatever may let somebody go on. */
  #change: PromiseWithResolvers<void> | undefined

  /** @param client makes one of the driver's clients, not connected yet */
  constructor(client: () => DriverClient, options: EngineOptions, hooks: EngineHooks) {
    this.#options = options
    this.#hooks = hooks
    this.#maxSize = options.maxSize
    this.#free = new FreeSessions(options, () => this.#sessions.size > options.minSize)
    this.#setting = {
      client,
      options,
      events: {
        ended: (session, hasFailed) => this.#ended(session, hasFailed),
        expired: (session) => {
          if (this.#free.has(session)) session.end()
        },
      },
    }
  }

  counts(): EngineCounts {
    const size = this.#sessions.size
    const free = this.#free.size
    return { size, free, used: size - free }
  }

  async checkout(deadline?: Deadline): Promise<Checkout<PostgresClient>> {
    const session = this.#free.take() ?? (await this.#obtain())
    const connection = new PostgresClient(session, this.#options, this.#hooks, deadline)
    const { lastUsedAt, aliveAt } = session
    this.#held++
    return {
      connection,
      lastUsedAt,
      aliveAt,
      ping: (timeoutMs) => connection.ping(timeoutMs),
      isBusy: () => connection.isBusy,
      release: async (keep) => {
        if (connection.isBusy) await connection.settled()
        this.#held--
        session.used()
        this.#leave(session, keep && !connection.isBroken)
      },
    }
  }

  async grow(): Promise<void> {
    this.#leave(await this.#open(), true)
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize
    while (this.#sessions.size + this.#opening > maxSize && this.#free.endOne());
    this.#changed()
  }

  async retireFree(): Promise<void> {
    this.#free.endAll()
  }

  async close(force: boolean): Promise<void> {
    this.#isClosing = true
    this.#free.stop()
    this.#free.endAll()
    if (force) for (const session of [...this.#sessions]) session.end()
    this.#changed()
    while (!force && this.#held + this.#opening > 0) await this.#nextChange()
  }

  /**
   * Who is admitted finds a free connection or room for a new one, but for one case: a connection that was found dead
   * is replaced when the host's gate has a place, and until then the pool may have been filled up or made smaller. What
   * is being opened or will come back is waited for then, as long as an opening may take.
   */
  async #obtain(): Promise<PostgresSession> {
    let isLate = false
    const cancel = this.#options.after(this.#options.connectTimeoutMs, () => {
      isLate = true
      this.#changed()
    })
    try {
      for (;;) {
        if (this.#isClosing) throw new Problem('pool_closed')
        const free = this.#free.take()
        if (free) return free
        if (this.#sessions.size + this.#opening < this.#maxSize) return await this.#open()
        if (isLate) throw new Problem('pool_timeout')
        await this.#nextChange()
      }
    } finally {
      cancel()
    }
  }

  async #open(): Promise<PostgresSession> {
    const since = this.#options.now()
    let session: PostgresSession
    this.#opening++
    try {
      session = await PostgresSession.open(this.#setting)
      this.#sessions.add(session)
    } catch (error) {
      this.#hooks.connectionFailed()
      throw error
    } finally {
      this.#opening--
      this.#changed()
    }
    this.#hooks.connectionOpened(this.#options.now() - since)
    if (!this.#isClosing) return session
    session.end()
    throw new Problem('pool_closed')
  }

  /** Nobody holds it any more: it is free, or is closed. */
  #leave(session: PostgresSession, keep: boolean): void {
    const stays = keep && session.isGood && !this.#isClosing && this.#sessions.size <= this.#maxSize
    if (stays) this.#free.put(session)
    else session.end()
    this.#changed()
  }

  #ended(session: PostgresSession, hasFailed: boolean): void {
    this.#sessions.delete(session)
    this.#free.remove(session)
    if (hasFailed) this.#hooks.connectionFailed()
    this.#hooks.connectionClosed()
    this.#changed()
  }

  #nextChange(): Promise<void> {
    this.#change ??= Promise.withResolvers()
    return this.#change.promise
  }

  #changed(): void {
    this.#change?.resolve()
    this.#change = undefined
  }
}
