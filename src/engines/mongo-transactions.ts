import type { ClientSession, Db, MongoClient } from 'mongodb'
import { Problem } from '../problem.ts'

/** What goes into the options of every driver's call of a multi-step write. */
export interface StepOptions {
  readonly maxTimeMS: number
  /** The transaction's; absent where the deployment has none. */
  readonly session?: ClientSession
}

/**
 * Multi-step writes of one client: in a transaction where the deployment has them, else step by step, so that the
 * order of the steps has to be one that is safe to stop in and to begin again.
 */
export class MongoTransactions {
  readonly #client: Pick<MongoClient, 'withSession'>
  readonly #now: () => number
  /** Whether the deployment has transactions, once it is known. */
  #supported: boolean | undefined

  constructor(client: Pick<MongoClient, 'withSession'>, now: () => number) {
    this.#client = client
    this.#now = now
  }

  /** Throws what `work` and the driver throw, and `transaction_conflict` when others were in the way all the time. */
  async run<T>(
    db: Db,
    limits: { readonly maxTimeMS: number },
    work: (db: Db, options: StepOptions) => Promise<T>,
  ): Promise<T> {
    this.#supported ??= await hasTransactions(db, limits)
    if (!this.#supported) return work(db, limits)
    const deadline = this.#now() + limits.maxTimeMS
    return this.#client.withSession((session) =>
      session.withTransaction(
        async () => {
          // The driver itself would begin again for 120 s (specifications, transactions-convenient-api).
          if (this.#now() > deadline) throw new Problem('transaction_conflict')
          return work(db, { ...limits, session })
        },
        {
          readConcern: { level: 'snapshot' },
          writeConcern: { w: 'majority' },
          maxCommitTimeMS: limits.maxTimeMS,
        },
      ),
    )
  }
}

/**
 * Transactions need a replica set or a sharded cluster; on a standalone server they fail (mongodb.com/docs/manual,
 * core/transactions-production-consideration). `setName` and `isdbgrid` are how `hello` tells them apart.
 */
async function hasTransactions(db: Db, limits: { readonly maxTimeMS: number }): Promise<boolean> {
  const hello = await db.command({ hello: 1, ...limits })
  return typeof hello.setName === 'string' || hello.msg === 'isdbgrid'
}
