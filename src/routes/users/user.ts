import { z } from 'zod'
import type { Role } from '../../tenants/caller.ts'

/** Who may sign in to a tenant. */
export interface User {
  readonly id: string
  /** In its normal form; see edge/auth/credentials.ts. */
  readonly email: string
  readonly name: string | null
  readonly role: Role
  /** Hash, salt and parameters in one; see edge/auth/passwords.ts. */
  readonly password_hash: string
  readonly created_at: Date
}

const text = z.string().min(1).max(500)

export const NewUser = z.strictObject({ email: text, password_hash: text })
export type NewUser = z.infer<typeof NewUser>

/** What a user is found by. */
export const UserKey = z.union([z.strictObject({ email: text }), z.strictObject({ id: text })])
export type UserKey = z.infer<typeof UserKey>

/** A password's new hash, taken only while the old one is still there. */
export const PasswordChange = z.strictObject({ from: text, to: text })
export type PasswordChange = z.infer<typeof PasswordChange>
