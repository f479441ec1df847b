import { hkdfSync } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'

/** How long a session lasts, in seconds: a working day. */
export const SESSION_S = 8 * 60 * 60

/** Tells it, and its version, from every other token that is signed here (RFC 8725 section 3.11). */
const TYPE = 'rockpool-session.1'

/**
 * Proof that whoever holds it was signed in at `now`: signed under `key`, and nothing of it is kept here.
 * @param id random, so that no two sessions are the same
 */
export function issueSessionToken(
  key: Uint8Array,
  { now, id }: { readonly now: Date; readonly id: string },
): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: TYPE })
    .setJti(id)
    .setExpirationTime(seconds + SESSION_S)
    .sign(key)
}

/** Whether `token` was issued under `key` and is still good at `now`. The signature is compared in constant time. */
export async function isSessionToken(token: string, key: Uint8Array, now: Date): Promise<boolean> {
  try {
    await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: TYPE,
      requiredClaims: ['exp', 'jti'],
      currentDate: now,
    })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}

/**
 * The key of the sessions that `adminToken` opens. A new token is a new key, which ends them all; and a token that
 * would be found out from a cookie would have to be guessed whole (RFC 5869).
 */
export function sessionKey(adminToken: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', adminToken, '', 'rockpool dashboard session 1', 32))
}
