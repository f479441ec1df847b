import { randomBytes, type ScryptOptions, scryptSync, timingSafeEqual } from 'node:crypto'

/** How dear a hash is: N is 2^ln, r the block size, p the number of rounds. */
export interface ScryptCost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

/**
 * One of the equivalent settings of OWASP's Password Storage Cheat Sheet, the one that takes least memory but one:
 * 128 · N · r is 16 MiB, in an isolate that has 128 MB. PBKDF2 would need 600,000 iterations, and the platform refuses
 * more than 100,000 (github.com/cloudflare/workerd/issues/1346).
 */
export const COST: ScryptCost = { ln: 14, r: 8, p: 5 }

/** No stored hash may ask for more: it is read from the tenant's own database. */
const MAX_MEMORY = 64 * 1024 * 1024
const MAX_ROUNDS = 16
const HASH_BYTES = 32
const SALT_BYTES = 16

type Derive = (password: string, salt: Buffer, length: number, options: ScryptOptions) => Buffer

/** What became of a password: whether it is right, and whether its hash was made at another cost than today's. */
export interface Verdict {
  readonly ok: boolean
  readonly outdated: boolean
}

/**
 * Hashes passwords with scrypt, in the PHC string format: `$scrypt$ln=14,r=8,p=5$<salt>$<hash>`. Synchronously, because
 * workerd runs the asynchronous form on the same thread (src/node/internal/crypto_scrypt.ts calls the same native
 * function inside a promise): so an isolate never has more than one hash in memory.
 */
export class Passwords {
  readonly #cost: ScryptCost
  readonly #derive: Derive
  readonly #randomBytes: (size: number) => Buffer

  constructor({
    cost = COST,
    derive = scryptSync,
    random = randomBytes,
  }: { cost?: ScryptCost; derive?: Derive; random?: (size: number) => Buffer } = {}) {
    this.#cost = cost
    this.#derive = derive
    this.#randomBytes = random
  }

  hash(password: string): string {
    const salt = this.#randomBytes(SALT_BYTES)
    return encode(this.#cost, salt, this.#run(password, salt, this.#cost))
  }

  /**
   * Compares in constant time. Without a hash, or with one that cannot be read, it does the same work in vain: whether
   * a user exists must not show in the time that a refusal takes.
   */
  verify(password: string, stored: string | undefined): Verdict {
    const known = stored === undefined ? undefined : decode(stored)
    const { cost, salt, hash } = known ?? { cost: this.#cost, salt: NOTHING.salt, hash: NOTHING.hash }
    const same = timingSafeEqual(this.#run(password, salt, cost), hash)
    const { ln, r, p } = this.#cost
    return {
      ok: same && known !== undefined,
      outdated: cost.ln !== ln || cost.r !== r || cost.p !== p,
    }
  }

  #run(password: string, salt: Buffer, { ln, r, p }: ScryptCost): Buffer {
    return this.#derive(password, salt, HASH_BYTES, { N: 2 ** ln, r, p, maxmem: MAX_MEMORY })
  }
}

/** Stands in where there is no hash. */
const NOTHING = { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES) }

function encode({ ln, r, p }: ScryptCost, salt: Buffer, hash: Buffer): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
}

/** github.com/P-H-C/phc-string-format: base64 without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function decode(stored: string) {
  const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/
  const [, ln, r, p, salt = '', hash = ''] = form.exec(stored) ?? []
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const bytes = Buffer.from(hash, 'base64')
  const affordable =
    cost.ln >= 1 &&
    cost.r >= 1 &&
    cost.p >= 1 &&
    cost.p <= MAX_ROUNDS &&
    128 * cost.r * (2 ** cost.ln + cost.p + 2) <= MAX_MEMORY
  if (!affordable || bytes.length !== HASH_BYTES) return undefined
  return { cost, salt: Buffer.from(salt, 'base64'), hash: bytes }
}
