import type { Clock } from '../pools/clock.ts'
import type { Budget } from './budget.ts'
import { type ClaimName, costOf, type Grant, nameOf } from './grant.ts'

/** How long connections that were asked back count as coming; after it they may be asked for again. */
const COMING_MS = 10_000

/** A pool that is in use keeps its last connection for so long before it is another's turn. */
const TURN_MS = 1_000

/** What the Ledger has heard of a pool's use. */
export interface Use {
  readonly isUnused: boolean
  /** Epoch ms. */
  readonly lastUsedAt: number
}

/** What is to be asked back. */
export interface Wish {
  readonly grant: Grant
  /** Connections that may be kept; with 0 the pool is to close. */
  readonly keep: number
  readonly onlyIfUnused: boolean
}

interface Mark {
  readonly keep: number
  readonly at: number
}

/**
 * Whom to ask for connections when the budget is short, least harm first: pools that nobody uses, least recently used
 * first; then what pools have above their share; then, in turn, the pools that have held theirs longest.
 */
export class Recalls {
  readonly #budget: Budget
  readonly #clock: Clock
  readonly #uses = new Map<string, Use>()
  readonly #marks = new Map<string, Mark>()
  /** When a pool that would not give back may be asked again, epoch ms. */
  readonly #notBefore = new Map<string, number>()

  constructor(budget: Budget, clock: Clock) {
    this.#budget = budget
    this.#clock = clock
  }

  /** Takes in what is known of a pool's use. */
  note(grant: ClaimName, use: Use): void {
    this.#uses.set(nameOf(grant), use)
  }

  /** Whether connections of this grant were asked back and are not back yet: it must not grow meanwhile. */
  isAsked(grant: ClaimName): boolean {
    return this.#markOf(grant) !== undefined
  }

  /** What was asked of a grant is back. */
  settle(grant: ClaimName): void {
    this.#marks.delete(nameOf(grant))
  }

  /** A pool that was asked keeps what it has for now. */
  postpone(grant: ClaimName): void {
    this.settle(grant)
    this.#notBefore.set(nameOf(grant), this.#clock.now() + TURN_MS)
  }

  /** A grant is over. */
  forget(grant: ClaimName): void {
    this.settle(grant)
    this.#uses.delete(nameOf(grant))
    this.#notBefore.delete(nameOf(grant))
  }

  /**
   * Marks and returns what to ask back, so that `needed` connections come back beside those that are coming already.
   * @param shareOf what a grant may have beside all who hold or wait
   */
  choose(needed: number, shareOf: (grant: Grant) => number): Wish[] {
    let missing = needed - this.#coming()
    const wishes: Wish[] = []
    for (const wish of missing > 0 ? this.#candidates(shareOf) : []) {
      if (missing <= 0) break
      missing -= this.#gainOf(wish)
      this.#marks.set(nameOf(wish.grant), { keep: wish.keep, at: this.#clock.now() })
      wishes.push(wish)
    }
    return wishes
  }

  /** Connections that were asked back a moment ago. */
  #coming(): number {
    let coming = 0
    for (const grant of this.#budget.grants()) {
      const mark = this.#markOf(grant)
      if (!mark) continue
      coming += mark.keep === 0 ? costOf(grant) : Math.max(0, grant.size - mark.keep)
    }
    return coming
  }

  #gainOf({ grant, keep }: Wish): number {
    const size = Math.min(grant.size, this.#markOf(grant)?.keep ?? grant.size)
    return size - keep + (keep === 0 ? grant.overhead : 0)
  }

  /** In the order in which they are asked. */
  *#candidates(shareOf: (grant: Grant) => number): Iterable<Wish> {
    const now = this.#clock.now()
    const grants = [...this.#budget.grants()].filter(
      (grant) => now >= (this.#notBefore.get(nameOf(grant)) ?? 0),
    )
    const free = grants.filter((grant) => !this.isAsked(grant))
    const unused = free.filter((grant) => this.#uses.get(nameOf(grant))?.isUnused)
    for (const grant of unused.sort((a, b) => this.#lastUsedAt(a) - this.#lastUsedAt(b))) {
      yield { grant, keep: 0, onlyIfUnused: true }
    }
    const above = free
      .filter((grant) => !this.isAsked(grant))
      .map((grant) => ({ grant, keep: shareOf(grant), onlyIfUnused: false }))
      .filter(({ grant, keep }) => keep < grant.size)
    yield* above.sort((a, b) => b.grant.size - b.keep - (a.grant.size - a.keep))
    const held = grants.filter((grant) => this.#isDue(grant))
    for (const grant of held.sort((a, b) => a.grantedAt - b.grantedAt)) {
      yield { grant, keep: 0, onlyIfUnused: false }
    }
  }

  /** Whether a pool has had its time. Who was just asked for a part is given the time to return it. */
  #isDue(grant: Grant): boolean {
    const mark = this.#markOf(grant)
    if (mark?.keep === 0) return false
    return this.#clock.now() - Math.max(grant.grantedAt, mark?.at ?? 0) >= TURN_MS
  }

  #markOf(grant: ClaimName): Mark | undefined {
    const mark = this.#marks.get(nameOf(grant))
    return mark && this.#clock.now() - mark.at <= COMING_MS ? mark : undefined
  }

  #lastUsedAt(grant: Grant): number {
    return this.#uses.get(nameOf(grant))?.lastUsedAt ?? 0
  }
}
