import type {
  Checkout,
  EngineCounts,
  EngineHooks,
  EngineOptions,
  Target,
} from '../../../src/engines/engine.ts'
import { Problem } from '../../../src/problem.ts'
import { disguised, type FakeConnection, FakeEngine, FakePool } from './engine.ts'

/** Like Postgres: a checkout holds a connection and opens one when none is free. */
export class FakePostgres extends FakeEngine {
  readonly name = 'postgres'

  create(target: Target, options: EngineOptions, hooks: EngineHooks): FakePool {
    return new PostgresPool(this, target, options, hooks)
  }
}

class PostgresPool extends FakePool {
  /** The last one in is the first one out. */
  readonly #free: FakeConnection[] = []
  #opening = 0

  counts(): EngineCounts {
    const free = this.#free.length
    return { size: this.connections.size, free, used: this.connections.size - free }
  }

  async openFirst(): Promise<void> {
    await this.grow()
  }

  async checkout(): Promise<Checkout> {
    if (this.closed) throw new Problem('pool_closed')
    const connection = this.#free.pop() ?? (await this.#open())
    const { lastUsedAt, openedAt } = connection
    return {
      connection: disguised(connection),
      lastUsedAt,
      aliveAt: lastUsedAt ?? openedAt,
      ping: async () => {
        if (connection.dead) throw new Problem('database_timeout')
      },
      release: async (keep) => {
        connection.lastUsedAt = this.options.now()
        if (keep && !connection.broken && !this.closed) this.#free.push(connection)
        else this.drop(connection)
      },
    }
  }

  async grow(): Promise<void> {
    const connection = await this.#open()
    if (this.closed) this.drop(connection)
    else this.#free.push(connection)
  }

  resize(maxSize: number): void {
    this.maxSize = maxSize
    while (this.connections.size > maxSize) {
      const connection = this.#free.shift()
      if (!connection) return
      this.drop(connection)
    }
  }

  async retireFree(): Promise<void> {
    for (const connection of this.#free.splice(0)) this.drop(connection)
  }

  override async close(force: boolean): Promise<void> {
    if (force) return super.close(true)
    this.closed = 'gently'
    // Those that are held are closed when they come back.
    await this.retireFree()
  }

  async #open(): Promise<FakeConnection> {
    if (this.connections.size + this.#opening >= this.maxSize) {
      this.engine.misuses.push('a checkout had to wait in the driver')
    }
    this.#opening++
    const since = this.options.now()
    const opened = this.engine.connect(this).finally(() => this.#opening--)
    const connection = await opened.catch((error: unknown) => {
      this.hooks.connectionFailed()
      throw error
    })
    this.connections.add(connection)
    this.hooks.connectionOpened(this.options.now() - since)
    return connection
  }
}
