import type { Connection } from '../../engines/connection.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Page } from '../page.ts'
import { MongoUsers } from './mongo.ts'
import { PostgresUsers } from './postgres.ts'
import type { Member, NewMember, NewUser, PasswordChange, User, UserKey } from './user.ts'

/** The users of one tenant. An email belongs to one of them at most. */
export interface UserStore {
  find(key: UserKey): Promise<User | undefined>
  /** In the order of their creation. */
  list(page: Page): Promise<Member[]>
  /** Stores a user, the tenant's first one as its admin; `undefined` when the email is taken and not claimed. */
  create(user: NewUser): Promise<User | undefined>
  /** Stores a user without a password; `undefined` when the email is taken. */
  add(member: NewMember): Promise<Member | undefined>
  /** `false` when there is no such user, or the hash is not `from` any more. */
  changePassword(id: string, change: PasswordChange): Promise<boolean>
}

export function userStore(connection: Connection, tenant: Tenant): UserStore {
  return connection.engine === 'postgres'
    ? new PostgresUsers(connection, tenant.id)
    : new MongoUsers(connection, tenant.id)
}
