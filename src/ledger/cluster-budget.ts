import type { Clock } from '../pools/clock.ts'
import { wholeAboveZero } from '../whole.ts'
import { Budget } from './budget.ts'
import { Claims, type Correction } from './claims.ts'
import { type ConnectionLimit, connectionLimit, type LimitSource } from './connection-limit.ts'
import type { Claim, ClaimAnswer, ClaimName, Recall, RecallAnswer } from './grant.ts'
import type { GrantStore } from './grant-store.ts'
import type { BudgetView, HostReport } from './report.ts'

export interface ClusterBudgetOptions {
  readonly clock: Clock
  readonly store: GrantStore
  /** The cluster's `*_MAX_CONNECTIONS`. */
  readonly configured: () => number | undefined
  /** Asks a host to give connections back. Throws when it cannot be reached. */
  readonly recall: (host: string, recall: Recall) => Promise<RecallAnswer>
  /** A claim ended without a connection. */
  readonly onDenied: () => void
  /** What may be granted is another number than before the server was asked. */
  readonly onLimit: (from: number, to: number, source: LimitSource) => void
}

/** A cluster's connections: how many there are, who has them, who wants some. What it knows is in its store. */
export class ClusterBudget {
  readonly #options: ClusterBudgetOptions
  readonly #budget: Budget
  readonly #claims: Claims

  constructor(options: ClusterBudgetOptions) {
    const { clock, recall, store } = options
    this.#options = options
    this.#budget = new Budget({
      limit: this.#limit().limit,
      grants: store.load(),
      onPut: (grant) => store.put(grant),
      onDelete: (grant) => store.delete(grant),
    })
    this.#claims = new Claims({
      budget: this.#budget,
      clock,
      recall,
      count: (what) => {
        const { counts } = store
        store.counts = { ...counts, [what]: counts[what] + 1 }
        if (what === 'denied') options.onDenied()
      },
    })
  }

  /** Connections for a pool, or size 0 where there is none within a second; see `Claims.claim`. */
  async claim(claim: Claim): Promise<ClaimAnswer> {
    const answer = await this.#claims.claim(claim)
    return this.#limit().ask ? { ...answer, askMax: true } : answer
  }

  /** A pool gives back all but `size` connections; see `Claims.giveBack`. */
  giveBack(name: ClaimName, size: number, revision: number): void {
    this.#claims.giveBack(name, size, revision)
  }

  /** How many connections the server takes, by its own account; `null` where it does not tell. */
  learnMax(max: number | null): void {
    // What a server tells comes from outside: what is no number of connections is as good as nothing.
    this.#options.store.serverMax = { max: wholeAboveZero(max) ?? null, askedAt: this.#options.clock.now() }
    const from = this.#budget.limit
    const { limit, source } = this.#limit()
    this.#budget.limit = limit
    if (limit !== from) this.#options.onLimit(from, limit, source)
    this.#claims.review()
  }

  /** Renews what a host has. A version of the host before budgets says nothing of grants, and is told nothing. */
  renew({ host, instance, grants, claiming = [], seenRevision: seen = 0, pools }: HostReport): {
    grants: Correction[]
    grantRevision: number
  } {
    for (const { id, state, used, waiting, last_used_at } of pools) {
      if (id === undefined) continue
      const isUnused = state === 'open' && used === 0 && waiting === 0
      this.#claims.note({ host, instance, pool: id }, { isUnused, lastUsedAt: last_used_at })
    }
    const corrections = grants ? this.#claims.renew({ host, instance, grants, claiming, seen }) : []
    return { grants: corrections, grantRevision: this.#budget.revision }
  }

  view(): BudgetView {
    const { max, source, limit } = this.#limit()
    return {
      max,
      source,
      limit,
      granted: this.#budget.granted,
      waiting: this.#claims.waiting,
      holders: [...new Set([...this.#budget.grants()].map(({ host }) => host))],
      ...this.#options.store.counts,
    }
  }

  #limit(): ConnectionLimit {
    const { clock, configured, store } = this.#options
    return connectionLimit(configured(), store.serverMax, clock.now())
  }
}
