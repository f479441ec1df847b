import { Problem } from '../../problem.ts'
import { storedForm } from '../../routes/users/email.ts'
import type { PasswordChange, User, UserKey } from '../../routes/users/user.ts'
import type { Verdict } from '../../sign-in/passwords.ts'
import type { Login } from './credentials.ts'

/** What signing in needs of a tenant's users. */
export interface KnownUsers {
  find(key: UserKey): Promise<User | undefined>
  changePassword(id: string, change: PasswordChange): Promise<void>
}

/** Has passwords of one account hashed and checked, where no tenant's request waits for that. */
export interface PasswordChecks {
  hash(password: string): Promise<string>
  /** @param stored the account's hash, if it has one; the work is the same */
  verify(password: string, stored: string | undefined): Promise<Verdict>
}

/**
 * The user whom an email and a password belong to. One hash is made whether there is such a user, with a password, or
 * not, and the answer is the same; a hash of another cost is replaced. Throws `invalid_credentials`,
 * and what `PasswordChecks` throw.
 */
export async function login(
  { email, password }: Pick<Login, 'email' | 'password'>,
  { users, hasher }: { users: KnownUsers; hasher: PasswordChecks },
): Promise<User> {
  const user = await users.find({ email: await storedForm(email, users) })
  const stored = user?.password_hash ?? undefined
  const { ok, outdated } = await hasher.verify(password, stored)
  if (!user || stored === undefined || !ok) throw new Problem('invalid_credentials')
  if (outdated) await renewHash(user.id, { password, from: stored }, { users, hasher })
  return user
}

/** Replaces a hash of another cost. Where that fails the password was right all the same: the next sign-in tries again. */
async function renewHash(
  id: string,
  { password, from }: { password: string; from: string },
  { users, hasher }: { users: KnownUsers; hasher: PasswordChecks },
): Promise<void> {
  try {
    await users.changePassword(id, { from, to: await hasher.hash(password) })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
}
