import { OVERHEAD } from '../engines/engine.ts'
import type { Correction } from '../ledger/claims.ts'
import type { Claim, ClaimAnswer, ClaimName, HeldGrant, Recall, RecallAnswer } from '../ledger/grant.ts'
import type { PoolCache } from '../pools/cache.ts'
import type { Clock } from '../pools/clock.ts'
import type { QuotaPool } from '../pools/quota.ts'
import { wholeAboveZero } from '../whole.ts'

/** A Ledger answers a claim after a second at most; one that has not in this time, busy as it may be, hangs. */
const ANSWER_MS = 10_000

/** A Ledger that was reset a moment ago answers the second time. */
const ATTEMPTS = 2

/** A pool asks for more this often at most. */
const MORE_MS = 1_000

/**
 * A pool whose claim was not satisfied asks again this often at most. The Ledger holds a claim for as long by itself; a
 * Ledger that does not, for whatever reason, must not be called without end.
 */
const CLAIM_AGAIN_MS = 1_000

/** What a host asks of a Ledger about connections. */
export interface ClaimCalls {
  claim(claim: Claim): Promise<ClaimAnswer>
  giveBack(name: ClaimName, size: number, revision: number): Promise<void>
}

export interface GrantsOptions {
  readonly host: string
  /** Which life of the host this is. */
  readonly instance: string
  readonly pools: Pick<PoolCache, 'grant' | 'recall'>
  readonly clock: Clock
  /** A new stub for each call: one that threw is of no more use. */
  readonly ledger: () => ClaimCalls
  /** A pool opens with one connection because the Ledger could not be reached. */
  readonly onUnreachable: (pool: QuotaPool) => void
  /** The Ledger wants to know how many connections the server takes. */
  readonly onAsked: (pool: QuotaPool) => void
}

/**
 * What one life of a host was granted on one cluster. What the Ledger says of a pool carries a revision: of two answers
 * the newer one holds, whatever order they arrive in.
 */
export class Grants {
  readonly #options: GrantsOptions
  readonly #held = new Map<string, HeldGrant>()
  /** Pools with a claim under way. */
  readonly #claiming = new Set<string>()
  /** When each pool asked for more the last time. */
  readonly #askedAt = new Map<string, number>()
  /** When each pool claimed the last time, while it has nothing. */
  readonly #claimedAt = new Map<string, number>()
  #seen = 0

  constructor(options: GrantsOptions) {
    this.#options = options
  }

  /** For the report: what the Ledger is to renew. */
  holdings() {
    return { grants: [...this.#held.values()], claiming: [...this.#claiming], seenRevision: this.#seen }
  }

  /**
   * Connections for a pool that is about to open; `undefined` when `isWanted` says that nobody waits for them any more.
   * Where the Ledger cannot be reached it is one: that is what the reserve of the budget is for.
   */
  async claim(pool: QuotaPool, isWanted: () => boolean): Promise<number | undefined> {
    const claim = this.#claimOf(pool)
    this.#claiming.add(pool.id)
    try {
      let failures = 0
      do {
        if (failures === 0) await this.#pace(pool)
        const answer = await this.#ask(claim)
        if (!answer) {
          if (++failures < ATTEMPTS) continue
          this.#options.onUnreachable(pool)
          this.#held.set(pool.id, { ...claim, size: 1, revision: 0 })
          return 1
        }
        failures = 0
        this.#note(claim, answer)
        if (answer.askMax) this.#options.onAsked(pool)
        if (wholeAboveZero(answer.size) !== undefined) return answer.size
      } while (isWanted())
      return undefined
    } finally {
      this.#claiming.delete(pool.id)
    }
  }

  /** Somebody waits in a pool that may not grow. On the hot path. */
  askForMore(pool: QuotaPool): void {
    const now = this.#options.clock.now()
    if (this.#claiming.has(pool.id) || now - (this.#askedAt.get(pool.id) ?? 0) < MORE_MS) return
    this.#askedAt.set(pool.id, now)
    void this.#claimMore(pool)
  }

  /** Connections of a pool are closed, all but `size`. Should the Ledger not hear of it, the next report tells it. */
  giveBack(pool: QuotaPool, size: number): void {
    const held = this.#held.get(pool.id)
    if (size === 0) {
      this.#held.delete(pool.id)
      this.#askedAt.delete(pool.id)
      this.#claimedAt.delete(pool.id)
    } else if (held) this.#held.set(pool.id, { ...held, size })
    const { host, instance } = this.#options
    const name = { host, instance, pool: pool.id }
    void this.#call((ledger) => ledger.giveBack(name, size, held?.revision ?? 0))
  }

  /** Does as the Ledger asks. */
  recall({ pool, instance, keep, revision, onlyIfUnused }: Recall): RecallAnswer {
    if (instance !== this.#options.instance) return 'unknown'
    const held = this.#held.get(pool)
    // The wish may have overtaken the answer to the claim.
    if (!held) return this.#claiming.has(pool) ? 'busy' : 'unknown'
    // Something newer has been heard since.
    if (revision < held.revision) return 'busy'
    this.#seen = Math.max(this.#seen, revision)
    this.#held.set(pool, { ...held, revision })
    return this.#options.pools.recall(pool, keep, onlyIfUnused)
  }

  /** Takes in where the Ledger says that this host is mistaken. */
  correct(corrections: readonly Correction[], seen: number): void {
    this.#seen = Math.max(this.#seen, seen)
    for (const { pool, size, revision } of corrections) {
      const held = this.#held.get(pool)
      if (!held) continue
      if (size === 0) this.#options.pools.recall(pool, 0, false)
      else if (revision > held.revision) {
        this.#held.set(pool, { ...held, size, revision })
        if (size >= held.size) this.#options.pools.grant(pool, size)
        else this.#options.pools.recall(pool, size, false)
      }
    }
  }

  /** Waits until a pool that has nothing may ask again. */
  async #pace({ id }: QuotaPool): Promise<void> {
    const { clock } = this.#options
    const leftMs = (this.#claimedAt.get(id) ?? Number.NEGATIVE_INFINITY) + CLAIM_AGAIN_MS - clock.now()
    if (leftMs > 0) await new Promise<void>((resolve) => clock.after(leftMs, resolve))
    this.#claimedAt.set(id, clock.now())
  }

  async #claimMore(pool: QuotaPool): Promise<void> {
    const claim = this.#claimOf(pool)
    const answer = await this.#ask(claim)
    const held = this.#held.get(pool.id)
    if (!held) this.giveBack(pool, 0)
    if (!answer || !held || answer.revision <= held.revision) return
    if (wholeAboveZero(answer.size) === undefined) return
    this.#note(claim, answer)
    this.#options.pools.grant(pool.id, answer.size)
  }

  #note(claim: Claim, { size, revision }: ClaimAnswer): void {
    this.#seen = Math.max(this.#seen, revision)
    if (wholeAboveZero(size) === undefined) return
    this.#held.set(claim.pool, { ...claim, size, revision })
    this.#claimedAt.delete(claim.pool)
  }

  /** `undefined` when no answer comes. */
  #ask(claim: Claim): Promise<ClaimAnswer | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ANSWER_MS, () => resolve(undefined))
      void this.#call((ledger) => ledger.claim(claim)).then((answer) => {
        cancel()
        resolve(answer)
      })
    })
  }

  /** `undefined` when the Ledger cannot be reached. */
  async #call<T>(ask: (ledger: ClaimCalls) => Promise<T>): Promise<T | undefined> {
    try {
      return await ask(this.#options.ledger())
    } catch {
      return undefined
    }
  }

  #claimOf({ id, spec }: QuotaPool): Claim {
    const { host, instance } = this.#options
    const overhead = OVERHEAD[spec.target.engine]
    return { host, instance, pool: id, want: spec.maxSize, weight: spec.weight, overhead }
  }
}
