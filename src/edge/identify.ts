import type { Config, TenantSource } from '../config.ts'
import { Problem } from '../problem.ts'
import { TenantId } from '../tenants/tenant.ts'
import { verifyJwt } from './jwt.ts'

/**
 * The tenant that a request acts for, from the sources that the deployment allows, in this order: a verified JWT
 * (claim `user_id`, else `sub`), the header `X-User-ID`, the parameter `?user_id=`. A bad token is refused and never
 * falls through to a source that anybody can write. Throws `missing_user_id`, `invalid_user_id` or `invalid_token`.
 */
export async function identify(request: Request, config: Config): Promise<string> {
  for (const source of ORDER) {
    if (!config.tenantSources.includes(source)) continue
    const id = await readers[source](request, config)
    if (id !== undefined) return id
  }
  throw new Problem('missing_user_id', { detail: 'User ID not found in request' })
}

const ORDER: readonly TenantSource[] = ['jwt', 'header', 'query']

const readers: Readonly<
  Record<TenantSource, (request: Request, config: Config) => Promise<string | undefined>>
> = {
  async jwt(request, { jwt }) {
    const header = request.headers.get('authorization')
    if (header === null || !jwt) return undefined
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(header)?.[1]
    if (token === undefined) throw new Problem('invalid_token')
    const claims = await verifyJwt(token, jwt)
    const id = TenantId.safeParse(claims.user_id ?? claims.sub)
    if (!id.success) throw new Problem('invalid_token')
    return id.data
  },

  async header(request) {
    const value = request.headers.get('x-user-id')
    return value === null ? undefined : validId(value, 'X-User-ID')
  },

  async query(request) {
    const value = new URL(request.url).searchParams.get('user_id')
    return value === null ? undefined : validId(value, 'user_id')
  },
}

function validId(value: string, field: string): string {
  const id = TenantId.safeParse(value)
  if (id.success) return id.data
  throw new Problem('invalid_user_id', {
    field,
    detail: 'A user ID has 1 to 48 of a-z, 0-9, _ and -, and begins with a letter or digit.',
  })
}
