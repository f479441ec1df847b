import type { Context } from 'hono'
import { type Outcome, resultOf } from '../../host/outcome.ts'
import { type Account, accountKey, orUnavailable } from '../../sign-in/attempts.ts'
import type { PasswordHasher } from '../../sign-in/password-hasher.ts'
import type { Verdict } from '../../sign-in/passwords.ts'
import { log } from '../../telemetry/log.ts'
import { hashOf } from '../../tenants/hash.ts'
import type { EdgeEnv } from '../bindings.ts'
import type { PasswordChecks } from './login.ts'

/** Objects that accounts are spread over. */
const HASHERS = 8

/** Name of the object that all sign-ins of an account go to. */
export function hasherOf(account: Account): string {
  return `hasher:${hashOf(accountKey(account)) % HASHERS}`
}

/** How the edge has passwords hashed and checked. Every method throws `sign_in_busy` or `sign_in_unavailable`. */
export class Hasher implements PasswordChecks {
  readonly #c: Context<EdgeEnv>
  readonly #account: Account

  constructor(c: Context<EdgeEnv>, account: Account) {
    this.#c = c
    this.#account = account
  }

  hash(password: string): Promise<string> {
    return this.#call((stub, requestId) => stub.hash(requestId, password))
  }

  /** Throws `too_many_attempts` too. A wrong password is counted. */
  verify(password: string, stored: string | undefined): Promise<Verdict> {
    return this.#call((stub, requestId) => stub.verify(requestId, this.#account, { password, stored }))
  }

  async #call<T>(
    call: (stub: DurableObjectStub<PasswordHasher>, requestId: string) => Promise<Outcome<T>>,
  ): Promise<T> {
    const { env } = this.#c
    const { config, requestId } = this.#c.var
    const { locationHint } = config
    const stub = env.PASSWORD_HASHER.getByName(hasherOf(this.#account), locationHint && { locationHint })
    const outcome = await orUnavailable(call(stub, requestId))
    if (outcome.problem?.code === 'too_many_attempts') {
      log({ event: 'sign_in.limited', limit: 'account', tenant: this.#account.tenant, request_id: requestId })
    }
    return resultOf(outcome)
  }
}
