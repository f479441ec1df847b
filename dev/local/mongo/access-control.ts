import { createHmac, randomBytes } from 'node:crypto'
import { ScramConversation, type ScramCredentials, scramCredentials } from './scram.ts'

/** The one user of a server with access control. It may do everything. */
export interface MongoUser {
  readonly name: string
  /** Of printable ASCII. */
  readonly password: string
}

/** The database that knows the user: `authSource` of a connection string. */
export const AUTHENTICATION_DATABASE = 'admin'

/** As mongod's default, scramSHA256IterationCount. */
const ITERATIONS = 15_000

/** As mongod's for SHA-256. */
const SALT_BYTES = 28
const NONCE_BYTES = 24

/** Who may use a server: what `--auth` is to mongod. */
export class AccessControl {
  readonly #name: string
  readonly #credentials: ScramCredentials
  readonly #random: (size: number) => Buffer
  /** Nobody knows what these are made of: no password fits. */
  readonly #nobody: Omit<ScramCredentials, 'salt'>
  readonly #saltKey: Buffer

  private constructor(name: string, credentials: ScramCredentials, random: (size: number) => Buffer) {
    this.#name = name
    this.#credentials = credentials
    this.#random = random
    this.#nobody = { iterations: credentials.iterations, storedKey: random(32), serverKey: random(32) }
    this.#saltKey = random(32)
  }

  /** Hashes the password once. Throws RangeError for a name or password that is not printable ASCII. */
  static async open(
    { name, password }: MongoUser,
    random: (size: number) => Buffer = randomBytes,
  ): Promise<AccessControl> {
    for (const [what, text] of Object.entries({ name, password })) {
      if (!/^[ -~]+$/.test(text)) throw new RangeError(`the user's ${what} has to be printable ASCII`)
    }
    return new AccessControl(name, await scramCredentials(password, random(SALT_BYTES), ITERATIONS), random)
  }

  /** Begins an authentication against a database. */
  converse(database: string, skipsEmptyExchange: boolean): ScramConversation {
    return new ScramConversation({
      credentialsOf: (user) => this.#credentialsOf(user, database),
      nonce: this.#random(NONCE_BYTES).toString('base64'),
      skipsEmptyExchange,
    })
  }

  /**
   * Somebody unknown gets a salt that stays the same, and is refused for the proof as with a wrong password. (mongod
   * refuses such a user one message earlier, in the same words.)
   */
  #credentialsOf(user: string, database: string): ScramCredentials {
    const digest = createHmac('sha256', this.#saltKey).update(`${database}.${user}`).digest()
    return user === this.#name && database === AUTHENTICATION_DATABASE
      ? this.#credentials
      : { ...this.#nobody, salt: digest.subarray(0, SALT_BYTES) }
  }
}
