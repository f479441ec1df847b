import { DurableObject } from 'cloudflare:workers'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { type Outcome, outcomeOf } from '../host/outcome.ts'
import { Problem } from '../problem.ts'
import { redisClient } from '../redis.ts'
import { type Account, Attempts, orUnavailable, tooManyAttempts } from './attempts.ts'
import { Passwords, type Verdict } from './passwords.ts'
import { RestedThread } from './rested-thread.ts'
import { Turns } from './turns.ts'

/** Sign-ins that one object takes at once. */
const MOST_AT_ONCE = 16

/** How long an object waits for Redis, in ms. */
const REDIS_TIMEOUT_MS = 5_000

const thread = new RestedThread({ now: Date.now, sleep: (ms) => scheduler.wait(ms) })

/**
 * Hashes and checks passwords where no tenant's request waits: a hash holds a thread for a sixth of a second. One of
 * several by the account's hash, so all sign-ins of an account come here one after the other: that is what makes a wrong
 * password count and nothing else. Keeps nothing, stores nothing.
 */
export class PasswordHasher extends DurableObject<Env> {
  readonly #turns = new Turns(MOST_AT_ONCE)
  readonly #passwords = new Passwords()

  /** The hash of a new password. Its problem may be `sign_in_busy`. */
  hash(requestId: string, password: string): Promise<Outcome<string>> {
    return outcomeOf(requestId, () => this.#turns.run(() => thread.run(() => this.#passwords.hash(password))))
  }

  /**
   * Whether `password` is that of an account, whose hash is `stored` if it has one; a wrong one is counted against it, for
   * the same work. Its problem may be `sign_in_busy`, `too_many_attempts` or `sign_in_unavailable`.
   */
  verify(
    requestId: string,
    account: Account,
    { password, stored }: { readonly password: string; readonly stored: string | undefined },
  ): Promise<Outcome<Verdict>> {
    return outcomeOf(requestId, () =>
      this.#turns.run(async () => {
        const attempts = this.#attempts()
        const refusal = await orUnavailable(attempts.refusalOf(account))
        if (refusal) throw tooManyAttempts(refusal, Date.now())
        const verdict = await thread.run(() => this.#passwords.verify(password, stored))
        // Before the answer: a guess whose count is lost has told nothing.
        if (!verdict.ok || stored === undefined) await orUnavailable(attempts.countWrong(account))
        return verdict
      }),
    )
  }

  #attempts(): Attempts {
    const result = configOf(this.env)
    if (!result.ok || !result.config.redis) throw new Problem('sign_in_unavailable')
    return new Attempts(redisClient(result.config.redis, REDIS_TIMEOUT_MS))
  }
}
