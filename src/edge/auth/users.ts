import type { Context } from 'hono'
import { readProblem } from '../../problem.ts'
import type { NewUser, PasswordChange, User, UserKey } from '../../routes/users/user.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { EdgeEnv } from '../bindings.ts'
import { runFor } from '../forward.ts'
import type { KnownUsers } from './login.ts'

/** The users of a tenant, as the edge reaches them: one hop to where the tenant's connections are. */
export class Users implements KnownUsers {
  readonly #c: Context<EdgeEnv>
  readonly #tenant: Tenant

  constructor(c: Context<EdgeEnv>, tenant: Tenant) {
    this.#c = c
    this.#tenant = tenant
  }

  async find(key: UserKey): Promise<User | undefined> {
    const { user } = await this.#call<{ user: User | null }>('/find', 'POST', key, true)
    return user ?? undefined
  }

  /** Throws `email_taken`. */
  async create(user: NewUser): Promise<User> {
    return (await this.#call<{ user: User }>('', 'POST', user, false)).user
  }

  async changePassword(id: string, change: PasswordChange): Promise<void> {
    await this.#call(`/${encodeURIComponent(id)}/password`, 'PUT', change, true)
  }

  async #call<Body>(path: string, method: string, body: object, repeatable: boolean): Promise<Body> {
    const url = `https://rockpool.internal/internal/users${path}`
    const headers = new Headers({ 'content-type': 'application/json' })
    const { signal } = this.#c.req.raw
    const init = { method, headers, body: JSON.stringify(body), signal }
    const response = await runFor(this.#c, { tenant: this.#tenant, caller: {} }, { url, init, repeatable })
    if (!response.ok) throw await readProblem(response)
    return (await response.json()) as Body
  }
}
