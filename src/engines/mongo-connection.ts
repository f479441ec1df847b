import type { Db, Document, MongoClient, ReadPreferenceMode } from 'mongodb'
import { type Deadline, leftOf } from '../deadline.ts'
import { Problem, toProblem } from '../problem.ts'
import { wholeAboveZero } from '../whole.ts'
import type { EngineHooks, EngineOptions, ServerConnections } from './engine.ts'
import { MongoCheckouts } from './mongo-checkouts.ts'
import { type Asked, recorded } from './mongo-commands.ts'
import { MongoDatabases } from './mongo-databases.ts'
import { mongoFault } from './mongo-fault.ts'
import { type Limits, type ReadCommand, readDocuments } from './mongo-read.ts'
import { mongoShape } from './mongo-shape.ts'
import { MongoTransactions, type StepOptions } from './mongo-transactions.ts'

/** How much longer than the command timeout an answer is waited for: then nobody is answering on that connection. */
const ANSWER_GRACE_MS = 2_000

/** What the leases of one client have in common. */
export interface MongoShared {
  readonly checkouts: MongoCheckouts
  readonly databases: MongoDatabases
  readonly transactions: MongoTransactions
}

export function sharedOf(client: MongoClient, now: () => number): MongoShared {
  return {
    checkouts: new MongoCheckouts(client, now),
    databases: new MongoDatabases(client),
    transactions: new MongoTransactions(client, now),
  }
}

/**
 * One lease's way to MongoDB. Operations on it run one after the other, because a lease is the right to one connection
 * and the driver takes one for each that runs. An operation must not start another one and wait for it.
 */
export class MongoConnection {
  readonly engine = 'mongo'
  readonly #shared: MongoShared
  readonly #options: EngineOptions
  readonly #hooks: EngineHooks
  readonly #deadline: Deadline | undefined
  /** Operations that have not ended. */
  #running = 0
  #readPreference: ReadPreferenceMode = 'primary'
  /** Settles when the last operation has ended. */
  #last: Promise<unknown> = Promise.resolve()

  /** @param deadline no operation is waited for longer */
  constructor(shared: MongoShared, options: EngineOptions, hooks: EngineHooks, deadline?: Deadline) {
    this.#shared = shared
    this.#options = options
    this.#hooks = hooks
    this.#deadline = deadline
  }

  /** Whether an operation runs on it, also one that nobody waits for any more. */
  get isBusy(): boolean {
    return this.#running > 0
  }

  /** Has what is read on this lease from now on come from a secondary where there is one. */
  preferSecondaries(): void {
    this.#readPreference = 'secondaryPreferred'
  }

  /** The documents that a command finds. Throws a `Problem`. */
  read<T extends Document>(database: string, command: ReadCommand): Promise<T[]> {
    return this.#timed(
      database,
      (db, asked, limits) => {
        asked.push(command)
        return readDocuments<T>(db, command, limits)
      },
      this.#options.commandTimeoutMs,
    )
  }

  /**
   * Runs one operation on a database and ends waiting for it at the command timeout. `limits` goes into the options of
   * the driver's call, so that the server gives up at that time too. Throws a `Problem`.
   */
  run<T>(
    database: string,
    operation: (db: Db, limits: Limits) => Promise<T>,
    timeoutMs: number = this.#options.commandTimeoutMs,
  ): Promise<T> {
    return this.#timed(database, (db, asked, limits) => operation(recorded(db, asked), limits), timeoutMs)
  }

  /**
   * Runs a multi-step write: as one transaction where the deployment has them (then `work` may run more than once),
   * else step by step. Every call of the driver gets `options`. Throws a `Problem`.
   */
  atomically<T>(database: string, work: (db: Db, options: StepOptions) => Promise<T>): Promise<T> {
    return this.run(database, (db, limits) => this.#shared.transactions.run(db, limits, work))
  }

  /** Throws a `Problem` when the server does not answer within `timeoutMs`. */
  async ping(timeoutMs: number): Promise<void> {
    await this.run('admin', (db, limits) => db.command({ ping: 1, ...limits }), timeoutMs)
  }

  /**
   * The server's count of its client connections; `null` from servers that speak MongoDB but do not count, or count
   * only some of it, and from those that do not tell this user: the smallest roles lack `serverStatus`.
   */
  async serverConnections(): Promise<ServerConnections | null> {
    let status: Document
    try {
      status = await this.run('admin', (db, limits) => db.command({ serverStatus: 1, ...limits }))
    } catch (error) {
      const { code } = toProblem(error)
      if (code === 'database_refused' || code === 'query_failed') return null
      throw error
    }
    const { current, available } = Object(status.connections) as Record<string, unknown>
    const max = wholeAboveZero(Number(current) + Number(available))
    return max === undefined || wholeAboveZero(current) === undefined
      ? null
      : { current: Number(current), max }
  }

  /** Resolves once no operation runs. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** @param operation notes what it asks for in `asked` */
  async #timed<T>(
    database: string,
    operation: (db: Db, asked: Asked[], limits: Limits) => Promise<T>,
    timeoutMs: number,
  ): Promise<T> {
    const started = this.#options.now()
    const leftMs = leftOf(this.#deadline, started, timeoutMs)
    // Nobody would hear of its answer.
    if (leftMs === 0) throw new Problem('database_timeout')
    const readPreference = this.#readPreference
    const asked: Asked[] = []
    this.#running++
    const running = this.#last.then(() =>
      operation(this.#shared.databases.named(database, readPreference), asked, { maxTimeMS: leftMs }),
    )
    const ended = () => {
      this.#running--
    }
    this.#last = running.then(ended, ended)
    try {
      return await this.#before(leftMs, running)
    } catch (error) {
      throw mongoFault(error, 'statement')
    } finally {
      const durationMs = this.#options.now() - started
      this.#hooks.commandEnded({ connection: this, durationMs, shape: () => mongoShape(asked) })
    }
  }

  /**
   * What `running` comes to, unless that takes longer than `ms`. What is not even answered after that has its connection
   * ended: only then is the lease free to return, because the connection is one that the pool has.
   */
  #before<T>(ms: number, running: Promise<T>): Promise<T> {
    const { after, commandTimeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      const look = () => {
        cancel = after(this.#shared.checkouts.endSilent(commandTimeoutMs + ANSWER_GRACE_MS), look)
      }
      let cancel = after(ms, () => {
        reject(new Problem('database_timeout'))
        cancel = after(ANSWER_GRACE_MS, look)
      })
      running.then(resolve, reject).finally(() => cancel())
    })
  }
}
