import { z } from 'zod'
import { ROLES, type Role } from '../../tenants/caller.ts'
import { time } from '../openapi.ts'
import { text } from '../text.ts'
import { TypedEmail } from './email.ts'

/** The collection that users are kept in. */
export const USERS = 'users'

/** Who belongs to a tenant, and signs in to it with a password if it has one. */
export interface User {
  readonly id: string
  /** In its normal form; see email.ts. */
  readonly email: string
  readonly name: string | null
  readonly role: Role
  /** Hash, salt and parameters in one; see sign-in/passwords.ts. `null` for who cannot sign in here, or not yet. */
  readonly password_hash: string | null
  readonly created_at: Date
}

/** A user who registers. */
export interface NewUser {
  readonly email: string
  readonly password_hash: string
  /** Whether it may take over the user of that email, as long as that one has no password. */
  readonly claim: boolean
}

/** Whom the company adds, without a password, as a request names them. */
export const NamedMember = z.strictObject({ email: TypedEmail, name: text(1, 200), role: z.enum(ROLES) })

/** A user without a password. */
export type NewMember = Pick<Member, 'email' | 'role'> & { readonly name: string }

/** A user as others of the tenant see it. */
export type Member = Omit<User, 'password_hash'>

/** A member as it is answered. */
export const MemberAnswer = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    role: z.enum(ROLES),
    created_at: time,
  })
  .meta({ id: 'Member' })

/** What a user is found by. */
export type UserKey = { readonly email: string } | { readonly id: string }

/** A password's new hash, taken only while the old one is still there. */
export interface PasswordChange {
  readonly from: string
  readonly to: string
}
