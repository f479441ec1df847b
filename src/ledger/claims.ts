import type { Clock } from '../pools/clock.ts'
import type { Budget } from './budget.ts'
import {
  type Claim,
  type ClaimAnswer,
  type ClaimName,
  type Grant,
  type HeldGrant,
  nameOf,
  type Recall,
  type RecallAnswer,
} from './grant.ts'
import { Recalls, type Use, type Wish } from './recalls.ts'

/** How long a claim is held before its host is told to ask again: by that it knows that the Ledger lives. */
export const CLAIM_HOLD_MS = 1_000

/** A claim that nobody has asked for again in this time has lost its place. */
const ABSENT_MS = 5_000

/** While claims wait: what lapses and whose turn is over is looked at this often. */
const REVIEW_MS = 250

const NOTHING: ClaimAnswer = { size: 0, revision: 0 }

export interface ClaimsOptions {
  readonly budget: Budget
  readonly clock: Clock
  /** Asks a host to give connections back. Throws when it cannot be reached. */
  readonly recall: (host: string, recall: Recall) => Promise<RecallAnswer>
  /** Called when pools were asked to give back, and when a claim ended without a connection. */
  readonly count: (what: 'recalled' | 'denied') => void
}

interface Waiting {
  readonly claim: Claim
  /** Answers the call that is held; absent between two calls. */
  answer: ((answer: ClaimAnswer) => void) | undefined
  absentSince: number
}

/** What a host has, as its report tells. */
export interface Holdings {
  readonly host: string
  readonly instance: string
  readonly grants: readonly HeldGrant[]
  /** Pools with a claim under way. */
  readonly claiming: readonly string[]
  /** The newest revision that the host has heard of. */
  readonly seen: number
}

/** A grant that is not as its host believes; `size` 0: it has none, and the pool is to close. */
export interface Correction {
  readonly pool: string
  readonly size: number
  readonly revision: number
}

/**
 * Gives a cluster's connections out: who asks first is served first, and when there are none, others are asked to give
 * theirs back. Whoever waits is answered once a second at least, and asks again.
 */
export class Claims {
  readonly #options: ClaimsOptions
  readonly #budget: Budget
  readonly #recalls: Recalls
  /** In order of arrival: a Map keeps insertion order. */
  readonly #queue = new Map<string, Waiting>()
  #cancelReview: (() => void) | undefined

  constructor(options: ClaimsOptions) {
    this.#options = options
    this.#budget = options.budget
    this.#recalls = new Recalls(options.budget, options.clock)
  }

  /** How many claims wait. */
  get waiting(): number {
    return this.#queue.size
  }

  /**
   * Connections for a pool that is about to open, or more of them for one that is open. Resolves with size 0 when there
   * was none within a second; the place in the queue is kept for whoever asks again.
   */
  async claim(claim: Claim): Promise<ClaimAnswer> {
    const now = this.#options.clock.now()
    this.#expire(now)
    this.#budget.succeed(claim.host, claim.instance, now)
    const current = this.#budget.find(claim)
    if (current) return this.#grow(current, claim, now)
    const name = nameOf(claim)
    const waiting = this.#queue.get(name) ?? { claim, answer: undefined, absentSince: now }
    this.#queue.set(name, waiting)
    return new Promise((resolve) => {
      // An earlier call of the same claim has been given up by its host.
      waiting.answer?.(NOTHING)
      const settle = (answer: ClaimAnswer) => {
        cancel()
        waiting.answer = undefined
        waiting.absentSince = this.#options.clock.now()
        resolve(answer)
      }
      const cancel = this.#options.clock.after(CLAIM_HOLD_MS, () => settle(NOTHING))
      waiting.answer = settle
      this.review()
    })
  }

  /** A pool gives back all but `size` connections; with 0 it is over, or does not want any more. */
  giveBack(name: ClaimName, size: number, revision: number): void {
    if (this.#queue.delete(nameOf(name))) this.#options.count('denied')
    const grant = this.#budget.find(name)
    if (grant && (size === 0 || revision === grant.revision)) this.#shrink(grant, size)
    this.review()
  }

  /**
   * Keeps alive what a host has, takes back what it has not any more, and takes in what was opened without a grant.
   * The answer is where the host is mistaken.
   */
  renew({ host, instance, grants, claiming, seen }: Holdings): Correction[] {
    const now = this.#options.clock.now()
    this.#budget.succeed(host, instance, now)
    const listed = new Set([...claiming, ...grants.map((held) => held.pool)])
    for (const grant of this.#budget.grants()) {
      if (grant.host !== host || grant.instance !== instance || listed.has(grant.pool)) continue
      // What the host has not heard of yet is under way to it.
      if (grant.revision <= seen) this.#shrink(grant, 0)
    }
    const corrections = grants.flatMap((held) => this.#renew({ ...held, host, instance }, now))
    this.#expire(now)
    this.review()
    return corrections
  }

  /** Takes in what a report says of a pool's use. */
  note(name: ClaimName, use: Use): void {
    // What was not granted, or is not any more, is nobody's to recall.
    if (this.#budget.find(name)) this.#recalls.note(name, use)
  }

  /** Grants what there is to those who wait, and has given back what they lack. */
  review(): void {
    const now = this.#options.clock.now()
    this.#expire(now)
    this.#forgetAbsent(now)
    this.#serve(now)
    this.#askBack()
    if (this.#queue.size > 0) {
      this.#cancelReview ??= this.#options.clock.after(REVIEW_MS, () => {
        this.#cancelReview = undefined
        this.review()
      })
    } else {
      this.#cancelReview?.()
      this.#cancelReview = undefined
    }
  }

  /** Who waits comes first, and who was asked to give back does not get more. */
  #grow(current: Grant, claim: Claim, now: number): ClaimAnswer {
    if (this.#queue.size > 0 || this.#recalls.isAsked(current)) {
      this.#budget.renew(current, now)
      return answerOf(current)
    }
    return answerOf(this.#budget.grant(claim, claim.want, now) ?? current)
  }

  #renew(held: HeldGrant & ClaimName, now: number): Correction[] {
    const grant = this.#budget.find(held)
    if (!grant) {
      const adopted = this.#budget.adopt(held, held.size, now)
      return [{ pool: held.pool, ...(adopted ? answerOf(adopted) : NOTHING) }]
    }
    this.#budget.renew(grant, now)
    // What is asked back is under discussion, and the host has the last word.
    if (held.revision === grant.revision) {
      if (held.size < grant.size) this.#shrink(grant, held.size)
      return []
    }
    return this.#recalls.isAsked(grant) ? [] : [{ pool: grant.pool, ...answerOf(grant) }]
  }

  #expire(now: number): void {
    for (const grant of this.#budget.expire(now)) this.#recalls.forget(grant)
  }

  #shrink(grant: Grant, size: number): void {
    this.#budget.shrink(grant, size)
    if (size === 0) this.#recalls.forget(grant)
    else this.#recalls.settle(grant)
  }

  #forgetAbsent(now: number): void {
    for (const [name, waiting] of this.#queue) {
      if (waiting.answer || now - waiting.absentSince < ABSENT_MS) continue
      this.#queue.delete(name)
      this.#options.count('denied')
    }
  }

  #serve(now: number): void {
    const shareOf = this.#budget.shares(this.#claims())
    for (const [name, { claim, answer }] of this.#queue) {
      // Between two calls nobody would hear of it.
      if (!answer) continue
      const grant = this.#budget.grant(claim, shareOf(claim), now)
      if (!grant) return
      this.#queue.delete(name)
      answer(answerOf(grant))
    }
  }

  #askBack(): void {
    const claims = this.#claims()
    const needed = claims.reduce((sum, claim) => sum + 1 + claim.overhead, 0) - this.#budget.free
    if (needed <= 0) return
    for (const wish of this.#recalls.choose(needed, this.#budget.shares(claims))) void this.#recall(wish)
  }

  #claims(): Claim[] {
    return [...this.#queue.values()].map((waiting) => waiting.claim)
  }

  async #recall({ grant, keep, onlyIfUnused }: Wish): Promise<void> {
    const { clock, count, recall } = this.#options
    const { revision, pool, instance, host } = this.#budget.touch(grant, clock.now())
    // A host that cannot be reached lets its grant lapse, or speaks again; meanwhile others are asked.
    const asked = recall(host, { pool, instance, keep, revision, onlyIfUnused })
    const answer = await asked.catch(() => undefined)
    if (answer === 'recalled') count('recalled')
    const current = this.#budget.find(grant)
    if (!current) return
    if (answer === 'unknown') this.#budget.hasten(current, clock.now())
    if (answer !== 'busy') return
    this.#recalls.postpone(current)
    this.review()
  }
}

function answerOf({ size, revision }: Grant): ClaimAnswer {
  return { size, revision }
}
