import { SignJWT } from 'jose'
import { CLIENTS } from '../settings.ts'
import { type EngineName, TENANTS } from '../tenants.ts'

/** The placements that are compared, each engine's own tenants on each of them. */
export const PLACEMENTS = {
  postgres: ['shared', 'grouped', 'dedicated', 'isolate'],
  mongo: ['shared', 'grouped', 'dedicated'],
} as const
export type Placement = (typeof PLACEMENTS)[EngineName][number]

/** One tier for each, so that one Worker serves them all. */
const TIERS = { free: 'shared', basic: 'grouped', premium: 'dedicated', enterprise: 'isolate' } as const

/** Whose data the peers read has a host of its own. */
export function tenantOf(engine: EngineName, placement: Placement): string {
  return placement === 'dedicated' ? TENANTS[engine] : `${TENANTS[engine]}-${placement}`
}

/** Every pool as large as any other, and no limit that is ever met. */
const COMMON = {
  DB_POOL_MIN_SIZE: '1',
  DB_POOL_MAX_SIZE: `${CLIENTS}`,
  DB_POOL_MAX_WAITING: '10000',
  SHARED_POOL_SIZE: `${CLIENTS}`,
  GROUP_POOL_SIZE: `${CLIENTS}`,
  PLACEMENT: JSON.stringify(TIERS),
  TIERS: JSON.stringify(
    Object.fromEntries(
      Object.keys(TIERS).map((tier) => [tier, { size: CLIENTS, shards: 1, rate_limit: 1e9 }]),
    ),
  ),
  TENANTS: JSON.stringify(records()),
} as const

/** Token, directory in Redis, limiter: all that a request meets in production. */
export const EVERYTHING_ON = { ...COMMON, TENANT_SOURCES: 'jwt', RATE_LIMITS: 'on' } as const

/** Without a token, a directory and a limiter: what is left is the hop, the lease and the routes. */
export const BARE = {
  ...COMMON,
  TENANT_SOURCES: 'header',
  RATE_LIMITS: 'off',
  UPSTASH_REDIS_REST_URL: '',
  UPSTASH_REDIS_REST_TOKEN: '',
} as const

/** A token as an identity provider would give it, good for the longest run. */
export async function tokenOf(tenant: string, secret: string): Promise<string> {
  const key = new TextEncoder().encode(secret)
  return await new SignJWT({ user_id: tenant })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('2h')
    .sign(key)
}

function records(): Record<string, { tier: string; engine: string }> {
  const all = (Object.keys(PLACEMENTS) as EngineName[]).flatMap((engine) =>
    Object.entries(TIERS)
      .filter(([, placement]) => PLACEMENTS[engine].some((one) => one === placement))
      .map(([tier, placement]) => [tenantOf(engine, placement), { tier, engine }] as const),
  )
  return Object.fromEntries(all)
}
