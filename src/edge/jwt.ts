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
import { VerifiedTokens } from './verified-tokens.ts'

/** Longer tokens are refused unread; real ones are a tenth of this. */
const LONGEST_TOKEN = 8_192

/**
 * The claims of a token that `settings` vouch for. The algorithm is pinned by configuration and keys never come from
 * the token (RFC 8725 sections 3.1 and 3.10); `exp` is required, `nbf` is honoured. Throws `invalid_token` with a
 * `detail` that says what is wrong and repeats nothing of the token; claims are looked at after the signature, so only
 * who holds a token of ours learns what is wrong with them. Throws `keys_unavailable` when the key set cannot be read.
 * A token that was found good is not verified again for some minutes.
 */
export async function verifyJwt(token: string, settings: JwtSettings): Promise<JWTPayload> {
  if (token.length > LONGEST_TOKEN) {
    throw refused(`The token is too long: at most ${LONGEST_TOKEN} characters are read.`)
  }
  const verified = verifiedOf(settings)
  const known = verified.find(token, Date.now())
  if (known) return known
  try {
    const payload = await payloadOf(token, settings)
    // `1e400` is a number to JSON and the end of time to a comparison.
    if (!Number.isFinite(payload.exp)) throw refused(notValid('exp'))
    verified.remember(token, payload, Date.now())
    return payload
  } catch (error) {
    if (error instanceof Problem) throw error
    if ('jwksUrl' in settings.key && !isAboutToken(error)) throw new Problem('keys_unavailable')
    throw refused(reasonOf(error))
  }
}

/**
 * The claims of a token that a key of `settings` has signed. Where several keys fit its header, because it names none or
 * two have one name, each is tried; jose leaves that to its caller (jose docs, JWKSMultipleMatchingKeys).
 */
async function payloadOf(token: string, settings: JwtSettings): Promise<JWTPayload> {
  const options = optionsOf(settings)
  try {
    return (await jwtVerify(token, keyOf(settings), options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (inner) {
        if (!(inner instanceof errors.JWSSignatureVerificationFailed)) throw inner
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** Whether the token was at fault, and not the way to the keys that would show it. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    error.code !== UNREADABLE_KEYS
  )
}

/** What jose throws, with this code alone, when the key set's server does not answer with one. */
const UNREADABLE_KEYS = 'ERR_JOSE_GENERIC'

/** What was wrong with a token, from jose's error; none of the error's own words, which can hold claims. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error)
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The algorithm of the token is not the expected one.'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token is wrong.'
  if (error instanceof errors.JWKSNoMatchingKey) return 'The key of the token is not known.'
  return 'The token is malformed.'
}

const OTHERS: Readonly<Record<string, string>> = {
  nbf: 'The token is not valid yet.',
  iss: 'The token has another issuer.',
  aud: 'The token is for another audience.',
}

function claimReason({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `The token has no claim ${claim}.`
  return (reason === 'check_failed' && OTHERS[claim]) || notValid(claim)
}

function notValid(claim: string): string {
  return `The claim ${claim} of the token is not valid.`
}

function refused(detail: string): Problem {
  return new Problem('invalid_token', { detail })
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

/** By configuration: what one vouches for says nothing under another. */
const tokens = new WeakMap<JwtSettings, VerifiedTokens>()

function verifiedOf(settings: JwtSettings): VerifiedTokens {
  let verified = tokens.get(settings)
  if (!verified) {
    verified = new VerifiedTokens()
    tokens.set(settings, verified)
  }
  return verified
}

function optionsOf({ algorithm, issuer, audience }: JwtSettings): JWTVerifyOptions {
  return {
    algorithms: [algorithm],
    requiredClaims: ['exp'],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }
}
