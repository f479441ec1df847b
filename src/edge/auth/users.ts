import type { Context } from 'hono'
import { Problem } from '../../problem.ts'
import type { NewUser, PasswordChange, User, UserKey } from '../../routes/users/user.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { EdgeEnv } from '../bindings.ts'
import { signInFor } from '../forward.ts'
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
    return (await signInFor(this.#c, this.#tenant, { action: 'find', key })) ?? undefined
  }

  /** Throws `email_taken`. */
  async create(user: NewUser): Promise<User> {
    const created = await signInFor(this.#c, this.#tenant, { action: 'create', user })
    // A host always answers with the user, or with a problem.
    if (!created) throw new Problem('internal_error')
    return created
  }

  async changePassword(id: string, change: PasswordChange): Promise<void> {
    await signInFor(this.#c, this.#tenant, { action: 'change_password', id, change })
  }
}
