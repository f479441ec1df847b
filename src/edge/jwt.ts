import {
  createRemoteJWKSet,
  errors,
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
 * was wrong with it: an attacker learns nothing, and the token is in no message. Throws `keys_unavailable` when the
 * key set cannot be read.
 */
export async function verifyJwt(token: string, settings: JwtSettings): Promise<JWTPayload> {
  if (token.length > LONGEST_TOKEN) throw new Problem('invalid_token')
  try {
    const { payload } = await jwtVerify(token, keyOf(settings), optionsOf(settings))
    // `1e400` is a number to JSON and the end of time to a comparison.
    if (!Number.isFinite(payload.exp)) throw new Problem('invalid_token')
    return payload
  } catch (error) {
    const unreadable = 'jwksUrl' in settings.key && !isAboutToken(error)
    throw new Problem(unreadable ? 'keys_unavailable' : 'invalid_token')
  }
}

/** Whether the token was at fault, and not the way to the keys that would show it. */
function isAboutToken(error: unknown): boolean {
  if (error instanceof Problem) return true
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    error.code !== UNREADABLE_KEYS
  )
}

/** What jose throws, with this code alone, when the key set's server does not answer with one. */
const UNREADABLE_KEYS = 'ERR_JOSE_GENERIC'

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
