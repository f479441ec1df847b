import type {
  Checkout,
  EngineCounts,
  EngineHooks,
  EngineOptions,
  Target,
} from '../../../src/engines/engine.ts'
import { Problem } from '../../../src/problem.ts'
import { disguised, FakeConnection, FakeEngine, FakePool } from './engine.ts'

/**
 * Like MongoDB's driver: what is checked out is only the right to a connection. The driver takes one for each
 * operation, opens it when none is free, and keeps the minimum by itself.
 */
export class FakeMongo extends FakeEngine {
  readonly name = 'mongo'

  create(target: Target, options: EngineOptions, hooks: EngineHooks): FakePool {
    return new MongoPool(this, target, options, hooks)
  }
}

/** What a lease of this engine has: an operation takes a connection and gives it back at the end. */
export class Operations extends FakeConnection {
  readonly #take: () => Promise<() => void>
  #state: 'idle' | 'running' | 'over' = 'idle'
  #giveBack: (() => void) | undefined

  constructor(pool: FakePool, take: () => Promise<() => void>) {
    super(pool, 0)
    this.#take = take
  }

  /** Begins an operation, if none runs. Throws when it needs a connection that cannot be opened. */
  async begin(): Promise<void> {
    if (this.#state !== 'idle') return
    this.#state = 'running'
    this.#giveBack = await this.#take()
    if (this.#state !== 'running') this.end()
  }

  /** Ends the operation that runs, and with the lease every other. */
  end(): void {
    this.#state = 'over'
    this.#giveBack?.()
    this.#giveBack = undefined
  }
}

class MongoPool extends FakePool {
  readonly expiresAt: number
  readonly #free: FakeConnection[] = []
  #opening = 0
  readonly #openedAt = this.options.now()
  #lastUsedAt: number | undefined

  constructor(engine: FakeEngine, target: Target, options: EngineOptions, hooks: EngineHooks) {
    super(engine, target, options, hooks)
    this.expiresAt = options.now() + options.lifetime()
  }

  counts(): EngineCounts {
    const free = this.#free.length
    return { size: this.connections.size, free, used: this.connections.size - free }
  }

  async openFirst(): Promise<void> {
    this.#free.push(await this.#open())
  }

  async checkout(): Promise<Checkout> {
    if (this.closed) throw new Problem('pool_closed')
    const operations = new Operations(this, () => this.#take())
    return {
      connection: disguised(operations),
      lastUsedAt: this.#lastUsedAt,
      aliveAt: this.#lastUsedAt ?? this.#openedAt,
      ping: async () => {
        const dead = [...this.connections].filter((connection) => connection.dead)
        // A network error retires the driver's whole generation.
        if (dead.length > 0) for (const connection of this.connections) this.drop(connection)
        if (dead.length > 0) throw new Problem('connection_lost')
      },
      release: async () => {
        operations.end()
        this.#lastUsedAt = this.options.now()
      },
    }
  }

  async retireFree(): Promise<void> {}

  override drop(connection: FakeConnection): void {
    const index = this.#free.indexOf(connection)
    if (index >= 0) this.#free.splice(index, 1)
    super.drop(connection)
  }

  async #take(): Promise<() => void> {
    if (this.closed) throw new Problem('pool_closed')
    const connection = this.#free.pop() ?? (await this.#open())
    return () => {
      if (this.connections.has(connection) && !this.#free.includes(connection)) this.#free.push(connection)
    }
  }

  async #open(): Promise<FakeConnection> {
    if (this.connections.size + this.#opening >= this.options.largestSize) {
      this.engine.misuses.push('an operation had to wait in the driver')
    }
    this.#opening++
    const since = this.options.now()
    const opened = this.engine.connect(this).finally(() => this.#opening--)
    const connection = await opened.catch((error: unknown) => {
      this.hooks.connectionFailed()
      throw error
    })
    if (this.closed) throw new Problem('pool_closed')
    this.connections.add(connection)
    this.hooks.connectionOpened(this.options.now() - since)
    return connection
  }
}
