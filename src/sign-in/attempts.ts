import { createHash } from 'node:crypto'
import { Ratelimit } from '@upstash/ratelimit'
import type { Redis } from '@upstash/redis'
import { Problem } from '../problem.ts'

/** Sign-ins or registrations that one address may try: an office behind one address comes at the same hour. */
const BY_ADDRESS = Ratelimit.slidingWindow(20, '1 m')

/** Wrong passwords that one account may meet, from wherever they come: a thousand guesses a day at most. */
const BY_ACCOUNT = Ratelimit.slidingWindow(10, '15 m')

/** Whose password is tried, whether there is such a user or not. */
export interface Account {
  readonly tenant: string
  readonly email: string
}

/**
 * The limits of signing in, apart from all others. Every attempt counts against its address, and against its account a
 * wrong password alone: what an outage ends, and many right ones at once, lock nobody out. Every method throws what the
 * client met: without Redis nobody is let in, because a limit that can be switched off is none against guessing.
 */
export class Attempts {
  readonly #addresses: Ratelimit
  readonly #accounts: Ratelimit

  constructor(redis: Redis) {
    // The library's own timeout lets everything through when it strikes; the client's ends in an error.
    const common = { redis, timeout: 0, ephemeralCache: false as const }
    this.#addresses = new Ratelimit({ ...common, limiter: BY_ADDRESS, prefix: 'rockpool:attempts:address' })
    this.#accounts = new Ratelimit({ ...common, limiter: BY_ACCOUNT, prefix: 'rockpool:attempts:account' })
  }

  /** Counts an attempt of `kind` against its address. */
  async byAddress(kind: 'login' | 'register', address: string): Promise<Refusal | undefined> {
    const { success, reset } = await this.#addresses.limit(`${kind}:${address}`)
    return success ? undefined : { until: reset }
  }

  /** Why no password of an account is looked at now: too many were wrong. */
  async refusalOf(account: Account): Promise<Refusal | undefined> {
    const { remaining, reset } = await this.#accounts.getRemaining(accountKey(account))
    return remaining > 0 ? undefined : { until: reset }
  }

  /** Counts a wrong password against its account, if it may meet one more; else why not. */
  async countWrong(account: Account): Promise<Refusal | undefined> {
    const { success, reset } = await this.#accounts.limit(accountKey(account))
    return success ? undefined : { until: reset }
  }
}

/** Until when an attempt is refused, in epoch ms. */
export interface Refusal {
  readonly until: number
}

/** @param now epoch ms */
export function tooManyAttempts({ until }: Refusal, now: number): Problem {
  return new Problem('too_many_attempts', { retryAfter: (until - now) / 1000 })
}

/** What Redis or a hasher answers; `sign_in_unavailable` when it does not. */
export async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch {
    throw new Problem('sign_in_unavailable')
  }
}

/** A digest: emails do not belong into Redis. */
export function accountKey({ tenant, email }: Account): string {
  return createHash('sha256').update(`${tenant}\n${email}`).digest('base64url')
}
