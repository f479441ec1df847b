import { z } from 'zod'
import { Problem } from '../../problem.ts'
import { TypedEmail } from '../../routes/users/email.ts'
import { TenantId } from '../../tenants/tenant.ts'

/**
 * 8 to 128 characters of any kind, counted as code points in the form NFKC, so that every keyboard types the same one
 * (NIST SP 800-63B-4, section 3.1.1.2). No rules on which characters: they make passwords worse (same section).
 */
const Password = z
  .string()
  .max(1_000)
  .refine((value) => value.isWellFormed(), 'Text must be valid Unicode.')
  .transform((value) => value.normalize('NFKC'))
  .refine((value) => {
    const { length } = [...value]
    return length >= 8 && length <= 128
  }, 'A password has 8 to 128 characters.')

const tenant = TenantId.optional()

export const Registration = z.strictObject({ tenant, email: TypedEmail, password: Password })

export const Login = z.strictObject({ tenant, email: TypedEmail, password: Password })
export type Login = z.infer<typeof Login>

export const Refresh = z.strictObject({ refresh_token: z.string().max(200) })

/**
 * The tenant to sign in to: the one that the body names, else the one whose subdomain of `domain` was called. Throws
 * `missing_user_id` when neither says it, `invalid_request` when they disagree.
 */
export function tenantOf(named: string | undefined, url: string, domain: string | undefined): string {
  const { hostname } = new URL(url)
  const label =
    domain !== undefined && hostname.endsWith(`.${domain}`) && hostname.slice(0, -domain.length - 1)
  const hosted = TenantId.safeParse(label).data
  if (named !== undefined && hosted !== undefined && named !== hosted) {
    throw new Problem('invalid_request', { field: 'tenant', detail: 'The host belongs to another tenant.' })
  }
  const id = named ?? hosted
  if (id === undefined) throw new Problem('missing_user_id', { field: 'tenant', detail: 'Name the tenant.' })
  return id
}
