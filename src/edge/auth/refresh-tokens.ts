import { createHash } from 'node:crypto'
import type { Redis } from '@upstash/redis'

/** Seconds without a refresh after which a sign-in ends. */
export const REFRESH_TOKEN_LIFETIME = 30 * 86_400

/** Who signed in. */
export interface Owner {
  readonly tenant: string
  readonly user: string
}

/** What became of a refresh token that somebody brought. */
export type Outcome =
  | { readonly status: 'valid' | 'reused'; readonly owner: Owner }
  | { readonly status: 'unknown' }

/**
 * Refresh tokens: `<family>.<secret>`, where a family is one sign-in and the secret changes with every refresh. Redis
 * keeps, under the family's key alone, the owner and the SHA-256 of the newest secret: 256 random bits need no slower
 * hash. Any other secret of a family is one that was used before, so the family ends: either its user or somebody else
 * is holding a stolen token (RFC 9700 section 4.14.2). Every method throws what the client met.
 */
export class RefreshTokens {
  readonly #redis: Redis
  readonly #randomBytes: (size: number) => Buffer

  constructor(redis: Redis, random: (size: number) => Buffer) {
    this.#redis = redis
    this.#randomBytes = random
  }

  /** The first token of a new family. */
  async issue(owner: Owner): Promise<string> {
    const family = this.#randomBytes(16).toString('base64url')
    const secret = this.#secret()
    await this.#redis
      .multi()
      .hset(keyOf(family), { token: digest(secret), owner: JSON.stringify(owner) })
      .expire(keyOf(family), REFRESH_TOKEN_LIFETIME)
      .exec()
    return `${family}.${secret}`
  }

  /** Looks at a token and leaves it as it is, unless it was used before: then its family ends. */
  check(token: string): Promise<Outcome> {
    const { family, secret } = split(token)
    return this.#run(family, secret, '')
  }

  /** Exchanges a token for the next of its family, which it can be once. */
  async rotate(token: string): Promise<Outcome & { readonly next: string }> {
    const { family, secret } = split(token)
    const next = this.#secret()
    return { ...(await this.#run(family, secret, digest(next))), next: `${family}.${next}` }
  }

  /** Ends the family of a token; one that is not known is no error. */
  async revoke(token: string): Promise<void> {
    await this.#redis.del(keyOf(split(token).family))
  }

  async #run(family: string, secret: string, next: string): Promise<Outcome> {
    const args = [digest(secret), next, String(REFRESH_TOKEN_LIFETIME)]
    const [status, owner] = await this.#redis.eval<string[], [Outcome['status'], Owner]>(
      USE,
      [keyOf(family)],
      args,
    )
    return status === 'unknown' ? { status } : { status, owner }
  }

  #secret(): string {
    return this.#randomBytes(32).toString('base64url')
  }
}

/** One script, so that of two who bring the same token at once only one is served. */
const USE = `
local family = redis.call('HMGET', KEYS[1], 'token', 'owner')
if not family[1] then return {'unknown'} end
if family[1] ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  return {'reused', family[2]}
end
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'token', ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return {'valid', family[2]}`

function keyOf(family: string): string {
  return `rockpool:refresh:${family}`
}

function split(token: string): { readonly family: string; readonly secret: string } {
  const [family = '', secret = ''] = token.split('.')
  return { family, secret }
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
