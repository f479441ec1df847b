import { Problem } from '../../problem.ts'
import type { UserStore } from './store.ts'
import type { NewUser, PasswordChange, User, UserKey } from './user.ts'

/**
 * What sign-in asks of a tenant's users: data that crosses to where the tenant's connections are, by a method of the host
 * and by no path. The answers hold password hashes, so no request of a client may ever reach them.
 */
export type SignInRequest =
  | { readonly action: 'find'; readonly key: UserKey }
  | { readonly action: 'create'; readonly user: NewUser }
  | { readonly action: 'change_password'; readonly id: string; readonly change: PasswordChange }

/** The user who was found or created; `null` where there is none to tell of. Throws `email_taken`. */
export async function runSignInRequest(users: UserStore, request: SignInRequest): Promise<User | null> {
  switch (request.action) {
    case 'find':
      return (await users.find(request.key)) ?? null
    case 'create': {
      const created = await users.create(request.user)
      if (!created) throw new Problem('email_taken', { field: 'email' })
      return created
    }
    case 'change_password':
      await users.changePassword(request.id, request.change)
      return null
  }
}

/** Whether it may be sent twice. */
export function isRepeatable({ action }: SignInRequest): boolean {
  return action !== 'create'
}
