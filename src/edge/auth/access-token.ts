import { SignJWT } from 'jose'
import type { JwtSettings } from '../../config.ts'
import type { User } from '../../routes/users/user.ts'

/** Seconds that an access token is good for; a role that was changed holds that long at most. */
export const ACCESS_TOKEN_LIFETIME = 900

/**
 * A token that `verifyJwt` takes with the same settings: `user_id` is the tenant, `sub` the user.
 * @param now epoch ms
 */
export function signAccessToken(
  { id, role }: Pick<User, 'id' | 'role'>,
  tenant: string,
  { secret, issuer, audience }: Pick<JwtSettings, 'issuer' | 'audience'> & { readonly secret: string },
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  const token = new SignJWT({ user_id: tenant, role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_LIFETIME)
  if (issuer !== undefined) token.setIssuer(issuer)
  if (audience !== undefined) token.setAudience(audience)
  return token.sign(new TextEncoder().encode(secret))
}
