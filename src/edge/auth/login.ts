import { Problem } from '../../problem.ts'
import type { PasswordChange, User, UserKey } from '../../routes/users/user.ts'
import type { Login } from './credentials.ts'
import type { Passwords } from './passwords.ts'

/** What signing in needs of a tenant's users. */
export interface KnownUsers {
  find(key: UserKey): Promise<User | undefined>
  changePassword(id: string, change: PasswordChange): Promise<void>
}

/**
 * The user whom an email and a password belong to. One hash is made whether there is such a user, with a password, or
 * not, and the answer is the same; a hash of another cost is replaced. Throws `invalid_credentials`.
 */
export async function login(
  { email, password }: Pick<Login, 'email' | 'password'>,
  { users, passwords }: { users: KnownUsers; passwords: Passwords },
): Promise<User> {
  const user = await users.find({ email })
  const stored = user?.password_hash ?? undefined
  const { ok, outdated } = passwords.verify(password, stored)
  if (!user || stored === undefined || !ok) throw new Problem('invalid_credentials')
  if (outdated) {
    await users.changePassword(user.id, { from: stored, to: passwords.hash(password) })
  }
  return user
}
