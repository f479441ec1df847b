import type { JWTPayload } from 'jose'
import { z } from 'zod'
import type { Config, TenantSource } from '../config.ts'
import { Problem } from '../problem.ts'
import { type Caller, ROLES } from '../tenants/caller.ts'
import { TenantId } from '../tenants/tenant.ts'
import { verifyJwt } from './jwt.ts'

/** Who is calling: the id of a tenant, and which of its users. */
export interface Identity {
  readonly tenant: string
  readonly caller: Caller
}

/**
 * The tenant that a request acts for, from the sources that the deployment allows, in this order: a verified JWT
 * (claim `user_id`, else `sub`), the header `X-User-ID`, the parameter `?user_id=`. A bad token is refused and never
 * falls through to a source that anybody can write, and so is a header that contradicts a good one. Throws
 * `missing_user_id`, `invalid_user_id`, `invalid_token` or `user_id_mismatch`.
 */
export async function identify(request: Request, config: Config): Promise<Identity> {
  for (const source of ORDER) {
    if (!config.tenantSources.includes(source)) continue
    const identity = await readers[source](request, config)
    if (identity !== undefined) return identity
  }
  throw new Problem('missing_user_id', { detail: 'User ID not found in request' })
}

const ORDER: readonly TenantSource[] = ['jwt', 'header', 'query']

const readers: Readonly<
  Record<TenantSource, (request: Request, config: Config) => Promise<Identity | undefined>>
> = {
  async jwt(request, { jwt }) {
    const header = request.headers.get('authorization')
    if (header === null || !jwt) return undefined
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(header)?.[1]
    if (token === undefined) {
      throw new Problem('invalid_token', { detail: 'The Authorization header holds no bearer token.' })
    }
    const identity = claimedBy(await verifyJwt(token, jwt))
    if ((request.headers.get('x-user-id') ?? identity.tenant) !== identity.tenant) {
      throw new Problem('user_id_mismatch', { field: 'X-User-ID' })
    }
    return identity
  },

  async header(request) {
    const value = request.headers.get('x-user-id')
    return value === null ? undefined : anybodyOf(value, 'X-User-ID')
  },

  async query(request) {
    const value = new URL(request.url).searchParams.get('user_id')
    return value === null ? undefined : anybodyOf(value, 'user_id')
  },
}

/** By the claims of a verified token: the same object for as long as the token is remembered. */
const identities = new WeakMap<JWTPayload, Identity>()

/** Whom a verified token names. Throws `invalid_token`. */
function claimedBy(claims: JWTPayload): Identity {
  const known = identities.get(claims)
  if (known) return known
  const id = TenantId.safeParse(claims.user_id ?? claims.sub)
  if (!id.success) {
    throw new Problem('invalid_token', { detail: 'The token has no claim user_id or sub with a user ID.' })
  }
  // A token that has only `sub` names the tenant with it, and no user.
  const user = claims.user_id === undefined ? undefined : UserId.safeParse(claims.sub).data
  const identity = { tenant: id.data, caller: { user, role: Role.safeParse(claims.role).data } }
  identities.set(claims, identity)
  return identity
}

const Role = z.enum(ROLES)

/** OpenID Connect Core 1.0, section 2: at most 255 ASCII characters. Others, which a header cannot carry, are no user. */
const UserId = z.string().regex(/^[\x20-\x7e]{1,255}$/)

/**
 * A tenant that the caller named without saying who of it is calling. A deployment that allows this trusts whoever
 * reaches it as the tenant itself, so there is nothing of the tenant's that this caller may not do.
 */
function anybodyOf(value: string, field: string): Identity {
  const id = TenantId.safeParse(value)
  if (id.success) return { tenant: id.data, caller: { role: 'admin' } }
  throw new Problem('invalid_user_id', {
    field,
    detail: 'A user ID has 1 to 48 of a-z, 0-9, _ and -, and begins with a letter or digit.',
  })
}
