import { type Claim, type ClaimName, costOf, type Grant, nameOf } from './grant.ts'

/** Silence after which a grant lapses: three reports missed. */
export const GRANT_MS = 90_000

/** How long the grants of a host's earlier life outlive the news of a later one: two may exist for a moment. */
export const SUCCEEDED_MS = 10_000

/** Part of the server's connections that is never granted: for people, for migrations, for hosts without a Ledger. */
const RESERVE = 0.1
const SMALLEST_RESERVE = 3

/** What may be granted of a server that takes `max` connections. */
export function grantable(max: number): number {
  return Math.max(0, max - Math.max(SMALLEST_RESERVE, Math.ceil(max * RESERVE)))
}

export interface BudgetOptions {
  /** Connections that may be granted. */
  readonly limit: number
  /** What was granted before a reset. */
  readonly grants?: Iterable<Grant>
  /** Called with every grant that is new or has changed. */
  readonly onPut?: (grant: Grant) => void
  /** Called with every grant that is over. */
  readonly onDelete?: (grant: Grant) => void
}

/**
 * Who may have how many connections of one cluster. Pure: time is passed in. The invariant, tested with generated
 * histories: what is granted, overheads included, never exceeds the limit. Where the limit falls below it (the server
 * was made smaller), nothing is granted until enough is back.
 */
export class Budget {
  #limit: number
  readonly #options: BudgetOptions
  readonly #grants = new Map<string, Grant>()
  #granted = 0
  #revision = 0

  constructor(options: BudgetOptions) {
    this.#options = options
    this.#limit = options.limit
    for (const grant of options.grants ?? []) {
      this.#grants.set(nameOf(grant), grant)
      this.#granted += costOf(grant)
      this.#revision = Math.max(this.#revision, grant.revision)
    }
  }

  get limit(): number {
    return this.#limit
  }

  set limit(limit: number) {
    this.#limit = limit
  }

  /** Connections that are granted, overheads included. */
  get granted(): number {
    return this.#granted
  }

  /** Connections that can still be granted; below zero when the limit has fallen. */
  get free(): number {
    return this.#limit - this.#granted
  }

  /** Of the last change. */
  get revision(): number {
    return this.#revision
  }

  grants(): Iterable<Grant> {
    return this.#grants.values()
  }

  find(name: ClaimName): Grant | undefined {
    return this.#grants.get(nameOf(name))
  }

  /**
   * Grants a new claim its share, or what there is of it; a claim that has a grant already keeps it and grows by what
   * is free. `undefined` when not even one connection is left.
   */
  grant(claim: Claim, share: number, now: number): Grant | undefined {
    const current = this.find(claim)
    if (current) return this.#grow(current, now)
    const size = Math.min(share, this.free - claim.overhead)
    return size < 1 ? undefined : this.#new(claim, size, now)
  }

  /**
   * Takes a pool in that opened, or lived on, without a grant: with as much of what it has as there is.
   * `undefined` when not even one connection is left.
   */
  adopt(claim: Claim, has: number, now: number): Grant | undefined {
    const size = Math.min(has, this.free - claim.overhead)
    return size < 1 ? undefined : this.#new(claim, size, now)
  }

  /** Keeps a grant alive. */
  renew(grant: Grant, now: number): void {
    this.#renewed(grant, now)
  }

  /** Gives a grant a new revision, so that what its host has said before comes too late. */
  touch(grant: Grant, now: number): Grant {
    return this.#put({ ...grant, revision: this.#nextRevision(now) })
  }

  /** Takes back all but `size` connections; with 0 the grant is over. Never adds any. */
  shrink(name: ClaimName, size: number): void {
    const grant = this.find(name)
    if (!grant || size >= grant.size) return
    if (size > 0) {
      this.#put({ ...grant, size })
      return
    }
    this.#grants.delete(nameOf(grant))
    this.#granted -= costOf(grant)
    this.#options.onDelete?.(grant)
  }

  /** A later life of `host` has spoken: what earlier ones hold lapses soon, because their sockets went with them. */
  succeed(host: string, instance: string, now: number): void {
    for (const grant of this.#grants.values()) {
      if (grant.host === host && grant.instance !== instance) this.hasten(grant, now)
    }
  }

  /** Lets a grant lapse soon. */
  hasten(grant: Grant, now: number): void {
    const expiresAt = now + SUCCEEDED_MS
    if (expiresAt < grant.expiresAt) this.#put({ ...grant, expiresAt })
  }

  /** Takes back what nobody has renewed in time, and returns it. */
  expire(now: number): Grant[] {
    const lapsed = [...this.#grants.values()].filter((grant) => grant.expiresAt <= now)
    for (const grant of lapsed) this.shrink(grant, 0)
    return lapsed
  }

  /**
   * What each of those who hold or wait may have: all of its wish while there is enough for everybody's, else its part
   * of what is available by weight, and at least 1.
   * @param waiting claims without a grant
   */
  shares(waiting: Iterable<Claim>): (claim: Claim) => number {
    const sum = { want: 0, weight: 0, overhead: 0 }
    for (const claims of [this.#grants.values(), waiting]) {
      for (const { want, weight, overhead } of claims) {
        sum.want += want
        sum.weight += weight
        sum.overhead += overhead
      }
    }
    const available = this.#limit - sum.overhead
    if (sum.want <= available) return ({ want }) => want
    return ({ want, weight }) => Math.max(1, Math.min(want, Math.floor((available * weight) / sum.weight)))
  }

  #new({ host, instance, pool, want, weight, overhead }: Claim, size: number, now: number): Grant {
    const revision = this.#nextRevision(now)
    const expiresAt = now + GRANT_MS
    return this.#put({
      host,
      instance,
      pool,
      want,
      weight,
      overhead,
      size,
      revision,
      grantedAt: now,
      expiresAt,
    })
  }

  #grow(grant: Grant, now: number): Grant {
    const size = Math.min(grant.want, grant.size + Math.max(0, this.free))
    if (size <= grant.size) return this.#renewed(grant, now)
    return this.#put({ ...grant, size, revision: this.#nextRevision(now), expiresAt: now + GRANT_MS })
  }

  #renewed(grant: Grant, now: number): Grant {
    return this.#put({ ...grant, expiresAt: now + GRANT_MS })
  }

  /** Never one that was given out before, by a life before a reset either. */
  #nextRevision(now: number): number {
    this.#revision = Math.max(this.#revision + 1, now)
    return this.#revision
  }

  #put(grant: Grant): Grant {
    const name = nameOf(grant)
    const previous = this.#grants.get(name)
    this.#granted += costOf(grant) - (previous ? costOf(previous) : 0)
    this.#grants.set(name, grant)
    this.#options.onPut?.(grant)
    return grant
  }
}
