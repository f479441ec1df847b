import { createHash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { LruMap } from '../lru-map.ts'

/** Tokens that an isolate remembers. */
const MAX_TOKENS = 10_000
/** As long as jose remembers a key set (`cacheMaxAge`, jose 6.2): a key that was taken out of one counts no longer. */
const LONGEST_MS = 600_000

interface Verified {
  readonly claims: JWTPayload
  /** Until when it need not be verified again, epoch ms. */
  readonly until: number
}

/**
 * What good tokens said, so that each is verified once per isolate and not once per request. Kept under their hashes: the
 * memory of an isolate holds no token of a request that is over. Plain data, so requests may share it.
 */
export class VerifiedTokens {
  readonly #tokens = new LruMap<string, Verified>(MAX_TOKENS)

  /** The claims of a token that was found good and has not expired; `undefined` for one that has to be verified. */
  find(token: string, now: number): JWTPayload | undefined {
    const key = keyOf(token)
    const verified = this.#tokens.get(key)
    if (!verified) return undefined
    if (now < verified.until) return verified.claims
    this.#tokens.delete(key)
    return undefined
  }

  /** Remembers a token that was found good just now. */
  remember(token: string, claims: JWTPayload, now: number): void {
    const until = Math.min((claims.exp ?? 0) * 1000, now + LONGEST_MS)
    if (until > now) this.#tokens.set(keyOf(token), { claims, until })
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
