import { DurableObject } from 'cloudflare:workers'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { type Outcome, outcomeOf } from '../host/outcome.ts'
import { Problem } from '../problem.ts'
import { redisClient } from '../redis.ts'
import { type Account, Attempts } from './attempts.ts'
import { type Guess, Guesses } from './guesses.ts'
import { Passwords, type Verdict } from './passwords.ts'
import { RestedThread } from './rested-thread.ts'
import { Turns } from './turns.ts'

/** Sign-ins that one object takes at once, from all isolates. */
const MOST_AT_ONCE = 16

/** How long an object waits for Redis, in ms. */
const REDIS_TIMEOUT_MS = 5_000

const thread = new RestedThread({ now: Date.now, sleep: (ms) => scheduler.wait(ms) })

/**
 * Hashes and checks passwords where no tenant's request waits: a hash holds a thread for a sixth of a second. One of
 * several by the account's hash, so all sign-ins of an account come here. Keeps nothing, stores nothing.
 */
export class PasswordHasher extends DurableObject<Env> {
  readonly #guesses = new Guesses({
    turns: new Turns(MOST_AT_ONCE),
    compute: (work) => thread.run(work),
    passwords: new Passwords(),
    now: Date.now,
  })

  /** The hash of a new password. Its problem may be `sign_in_busy`. */
  hash(requestId: string, password: string): Promise<Outcome<string>> {
    return outcomeOf(requestId, () => this.#guesses.hash(password))
  }

  /** Whether a guess is right. Its problem may be `sign_in_busy`, `too_many_attempts` or `sign_in_unavailable`. */
  verify(requestId: string, account: Account, guess: Guess): Promise<Outcome<Verdict>> {
    return outcomeOf(requestId, async () => this.#guesses.verify(account, guess, this.#attempts()))
  }

  #attempts(): Attempts {
    const result = configOf(this.env)
    if (!result.ok || !result.config.redis) throw new Problem('sign_in_unavailable')
    return new Attempts(redisClient(result.config.redis, REDIS_TIMEOUT_MS))
  }
}
