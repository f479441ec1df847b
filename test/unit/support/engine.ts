import type {
  Checkout,
  Engine,
  EngineCounts,
  EngineHooks,
  EngineOptions,
  EnginePool,
  PooledConnection,
  Target,
} from '../../../src/engines/engine.ts'
import type { Lease } from '../../../src/pools/lease.ts'
import { Problem } from '../../../src/problem.ts'
import type { EngineName } from '../../../src/tenants/tenant.ts'

/** What a fake lends where an engine lends a connection. */
export class FakeConnection {
  readonly id: number
  /** Whether a fatal error was seen on it. */
  broken = false
  /** Whether its peer is gone: nobody knows before it is asked. */
  dead = false
  readonly openedAt: number
  lastUsedAt: number | undefined
  /** Whose it is. */
  readonly pool: FakePool

  constructor(pool: FakePool, id: number) {
    this.openedAt = pool.options.now()
    this.pool = pool
    this.id = id
  }
}

/** A connection that is being opened; the test decides how that ends. */
export interface Opening {
  succeed(): void
  fail(problem?: Problem): void
}

/** Counts and decides for all the pools of a test: a fake database server with its driver. */
export abstract class FakeEngine implements Engine {
  abstract readonly name: EngineName
  /** Pools that were asked for, the failed ones too. */
  attempts = 0
  /** Openings under way, in order, while they are held. */
  readonly openings: Opening[] = []
  /** The highest number of openings that were under way together. */
  peak = 0
  /** What openings end with while they are not held. */
  failure: Problem | undefined
  /** Whether openings wait for the test. */
  held = false
  readonly pools: FakePool[] = []
  /** Uses of a driver as it must not be used. */
  readonly misuses: string[] = []
  #ids = 0

  /** How many connections were ever opened. */
  get opened(): number {
    return this.#ids
  }

  async open(target: Target, options: EngineOptions, hooks: EngineHooks): Promise<EnginePool> {
    this.attempts++
    const pool = this.create(target, options, hooks)
    this.pools.push(pool)
    await pool.openFirst()
    return pool
  }

  abstract create(target: Target, options: EngineOptions, hooks: EngineHooks): FakePool

  /** Resolves or rejects when the test lets this opening end. */
  async connect(pool: FakePool): Promise<FakeConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const end = (settle: () => void) => () => {
      const index = this.openings.indexOf(opening)
      if (index < 0) return
      this.openings.splice(index, 1)
      settle()
    }
    const opening: Opening = {
      succeed: end(resolve),
      fail: (problem = new Problem('database_unavailable')) => end(() => reject(problem))(),
    }
    this.openings.push(opening)
    this.peak = Math.max(this.peak, this.openings.length)
    if (!this.held) queueMicrotask(() => (this.failure ? opening.fail(this.failure) : opening.succeed()))
    await promise
    return new FakeConnection(pool, ++this.#ids)
  }
}

export abstract class FakePool implements EnginePool {
  readonly engine: FakeEngine
  readonly target: Target
  readonly options: EngineOptions
  readonly hooks: EngineHooks
  readonly connections = new Set<FakeConnection>()
  closed: 'gently' | 'by force' | undefined
  /** Connections that it may have now. */
  maxSize: number

  constructor(engine: FakeEngine, target: Target, options: EngineOptions, hooks: EngineHooks) {
    this.engine = engine
    this.target = target
    this.options = options
    this.hooks = hooks
    this.maxSize = options.maxSize
  }

  abstract counts(): EngineCounts
  abstract openFirst(): Promise<void>
  abstract checkout(): Promise<Checkout>
  abstract retireFree(): Promise<void>

  async close(force: boolean): Promise<void> {
    this.closed = force ? 'by force' : 'gently'
    for (const connection of this.connections) this.drop(connection)
  }

  drop(connection: FakeConnection): void {
    if (this.connections.delete(connection)) this.hooks.connectionClosed()
  }
}

/** The real connections have private parts, which nothing that stands in for them can have. */
export function disguised(connection: FakeConnection): PooledConnection {
  return connection as unknown as PooledConnection
}

/** The fake behind a lease. */
export function fakeOf(lease: Lease): FakeConnection {
  return lease.connection as unknown as FakeConnection
}
