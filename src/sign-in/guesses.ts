import { type Account, orUnavailable, type Refusal, tooManyAttempts } from './attempts.ts'
import type { Passwords, Verdict } from './passwords.ts'
import type { Turns } from './turns.ts'

/** How many wrong passwords an account may meet; `Attempts` in Redis. */
export interface GuessLimit {
  /** Why no password of an account is looked at now. */
  refusalOf(account: Account): Promise<Refusal | undefined>
  /** Counts a wrong password, if the limit has room for one more; else why not. */
  countWrong(account: Account): Promise<Refusal | undefined>
}

export interface GuessesOptions {
  readonly turns: Turns
  /** Runs what holds the thread for long; see `RestedThread`. */
  readonly compute: <T>(work: () => T) => Promise<T>
  readonly passwords: Passwords
  /** Epoch ms. */
  readonly now: () => number
}

/** A password that is tried, and the hash that the account has, if it has one. */
export interface Guess {
  readonly password: string
  readonly stored: string | undefined
}

/**
 * The passwords that come to one object, which all guesses at an account come to, one after the other: so a guess is
 * counted once it is known to be wrong, and guessing in parallel gains nothing. Were they counted first, a burst of right
 * passwords would look like guessing, and an outage on the way would leave right ones counted.
 */
export class Guesses {
  readonly #options: GuessesOptions

  constructor(options: GuessesOptions) {
    this.#options = options
  }

  /** The hash of a new password. Throws `sign_in_busy`. */
  hash(password: string): Promise<string> {
    const { turns, compute, passwords } = this.#options
    return turns.run(() => compute(() => passwords.hash(password)))
  }

  /**
   * Whether a password is the account's; a wrong one is counted before it is told. Without a hash the work is the same.
   * Throws `sign_in_busy`, `too_many_attempts`, or `sign_in_unavailable` when the limit cannot be asked.
   */
  verify(account: Account, { password, stored }: Guess, limit: GuessLimit): Promise<Verdict> {
    const { turns, compute, passwords, now } = this.#options
    return turns.run(async () => {
      const refusal = await orUnavailable(limit.refusalOf(account))
      if (refusal) throw tooManyAttempts(refusal, now())
      const verdict = await compute(() => passwords.verify(password, stored))
      if (verdict.ok) return verdict
      // Redis decides again, by one script: should the platform ever run two objects of a name, the limit holds.
      const refusedAfter = await orUnavailable(limit.countWrong(account))
      if (refusedAfter) throw tooManyAttempts(refusedAfter, now())
      return verdict
    })
  }
}
