import { createHash } from 'node:crypto'
import { Ratelimit } from '@upstash/ratelimit'
import type { Redis } from '@upstash/redis'
import { Problem } from '../../problem.ts'

/** Sign-ins or registrations that one address may try: an office behind one address comes at the same hour. */
const BY_ADDRESS = Ratelimit.slidingWindow(20, '1 m')

/** Wrong passwords that one account may meet, from wherever they come: a thousand guesses a day at most. */
const BY_ACCOUNT = Ratelimit.slidingWindow(10, '15 m')

/** Where an attempt comes from and what it is for. */
export interface Attempt {
  /** As `addressKey` gives it. */
  readonly address: string
  readonly tenant: string
  readonly email: string
}

/**
 * The limits of signing in, apart from all others. An attempt is counted before the password is looked at, so that
 * many at once cannot pass together, and taken back when it was right. Every method throws what the client met: without
 * Redis nobody is let in, because a limit that can be switched off is none against guessing.
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
  byAddress(kind: 'login' | 'register', address: string): Promise<Refusal | undefined> {
    return count(this.#addresses, `${kind}:${address}`)
  }

  /** Counts an attempt against its account, whether that exists or not. */
  byAccount(attempt: Attempt): Promise<Refusal | undefined> {
    return count(this.#accounts, accountKey(attempt))
  }

  /** Takes back what `byAccount` counted, because the password was right. */
  async forgive(attempt: Attempt): Promise<void> {
    await this.#accounts.limit(accountKey(attempt), { rate: -1 })
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

async function count(limiter: Ratelimit, key: string): Promise<Refusal | undefined> {
  const { success, reset } = await limiter.limit(key)
  return success ? undefined : { until: reset }
}

/** A digest: emails do not belong into Redis. */
function accountKey({ tenant, email }: Attempt): string {
  return createHash('sha256').update(`${tenant}\n${email}`).digest('base64url')
}
