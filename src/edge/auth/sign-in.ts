import { randomBytes } from 'node:crypto'
import type { Config, JwtSettings } from '../../config.ts'
import { Problem } from '../../problem.ts'
import { redisClient } from '../../redis.ts'
import { Attempts } from '../../sign-in/attempts.ts'
import { RefreshTokens } from './refresh-tokens.ts'

/** How long sign-in waits for Redis, in ms. */
const REDIS_TIMEOUT_MS = 5_000

/** What signing in needs beside the users: the key that signs, and what Redis keeps. */
export interface SignIn {
  readonly jwt: Pick<JwtSettings, 'issuer' | 'audience'> & { readonly secret: string }
  readonly attempts: Attempts
  readonly refreshTokens: RefreshTokens
}

/**
 * Throws `sign_in_off` where tokens come from an identity provider (`JWT_JWKS_URL`), and where there is no Redis:
 * without it there is no limit to guessing, and nothing that a logout could revoke.
 */
export function signInOf({ jwt, redis }: Config): SignIn {
  if (!jwt || !('secret' in jwt.key) || !redis) {
    throw new Problem('sign_in_off', { detail: 'Sign-in needs JWT_SECRET and UPSTASH_REDIS_REST_URL.' })
  }
  const client = redisClient(redis, REDIS_TIMEOUT_MS)
  return {
    jwt: { secret: jwt.key.secret, issuer: jwt.issuer, audience: jwt.audience },
    attempts: new Attempts(client),
    refreshTokens: new RefreshTokens(client, randomBytes),
  }
}
