import {
  createRemoteJWKSet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { JwtSettings } from '../config.ts'
import { Problem } from '../problem.ts'

/** Longer tokens are refused unread; real ones are a tenth of this. */
const LONGEST_TOKEN = 8_192

/**
 * The claims of a token that `settings` vouch for. The algorithm is pinned by configuration and keys never come from
 * the token (RFC 8725 sections 3.1 and 3.10); `exp` is required, `nbf` is honoured. Throws `invalid_token`, whatever
 * was wrong with it: an attacker learns nothing, and the token is in no message.
 */
export async function verifyJwt(token: string, settings: JwtSettings): Promise<JWTPayload> {
  if (token.length > LONGEST_TOKEN) throw new Problem('invalid_token')
  try {
    const { payload } = await jwtVerify(token, keyOf(settings), optionsOf(settings))
    return payload
  } catch {
    throw new Problem('invalid_token')
  }
}

/**
 * Key lookups by configuration. At module scope, so that a key set is fetched once per isolate and not per request;
 * it holds plain key material, and jose never awaits one request's fetch in another (its handling of Workers,
 * github.com/panva/jose/issues/355).
 */
const keys = new WeakMap<JwtSettings, JWTVerifyGetKey>()

function keyOf(settings: JwtSettings): JWTVerifyGetKey {
  let key = keys.get(settings)
  if (!key) {
    if ('secret' in settings.key) {
      const secret = new TextEncoder().encode(settings.key.secret)
      key = async () => secret
    } else {
      key = createRemoteJWKSet(new URL(settings.key.jwksUrl))
    }
    keys.set(settings, key)
  }
  return key
}

function optionsOf({ algorithm, issuer, audience }: JwtSettings): JWTVerifyOptions {
  return {
    algorithms: [algorithm],
    requiredClaims: ['exp'],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }
}
