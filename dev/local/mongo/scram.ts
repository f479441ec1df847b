import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** What a server keeps of a password: enough to check one, and to show that it knows it, but not the password. */
export interface ScramCredentials {
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** A message that breaks the protocol or does not prove the password. */
export class ScramError extends Error {}

/**
 * Hashes a password so many times (RFC 5802, section 3, with SHA-256 by RFC 7677).
 * @param password of printable ASCII, which is all that SASLprep leaves as it is
 */
export async function scramCredentials(
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramCredentials> {
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  return { salt, iterations, storedKey: hash(clientKey), serverKey: hmac(salted, 'Server Key') }
}

interface ScramOptions {
  /** Of somebody unknown too, so that the conversation does not tell who is known. */
  readonly credentialsOf: (user: string) => ScramCredentials
  /** The server's half of the nonce, of printable ASCII without a comma. */
  readonly nonce: string
  /** Whether the server's proof ends the conversation, or an empty message of the client after it. */
  readonly skipsEmptyExchange: boolean
}

/** The server's side of one SCRAM-SHA-256 conversation without channel binding (RFC 5802, RFC 7677). */
export class ScramConversation {
  readonly #options: ScramOptions
  #step: 'first' | 'final' | 'empty' | 'done' = 'first'
  #user = ''
  #credentials: ScramCredentials | undefined
  #header = ''
  #nonce = ''
  /** All that was said so far and both sides sign. */
  #said = ''

  constructor(options: ScramOptions) {
    this.#options = options
  }

  /** Who the client says it is; once the conversation is done, who it is. */
  get user(): string {
    return this.#user
  }

  get isDone(): boolean {
    return this.#step === 'done'
  }

  /** Answers the client's next message. Throws ScramError; the conversation is of no more use then. */
  next(message: string): string {
    switch (this.#step) {
      case 'first':
        return this.#first(message)
      case 'final':
        return this.#final(message)
      case 'empty':
        this.#step = 'done'
        return ''
      case 'done':
        throw new ScramError('the conversation is over')
    }
  }

  #first(message: string): string {
    const [, header, identity, bare, name, nonce] =
      /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([!-+\--~]{4,})(?:,.*)?)$/.exec(message) ?? []
    if (header === undefined || bare === undefined || name === undefined || nonce === undefined) {
      throw new ScramError('not a first message, or one that asks for channel binding or an extension')
    }
    if (identity !== undefined && identity !== name) throw new ScramError('one user cannot act for another')
    this.#user = name.replaceAll('=2C', ',').replaceAll('=3D', '=')
    this.#credentials = this.#options.credentialsOf(this.#user)
    this.#header = Buffer.from(header).toString('base64')
    this.#nonce = nonce + this.#options.nonce
    const { salt, iterations } = this.#credentials
    const answer = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`
    this.#said = `${bare},${answer}`
    this.#step = 'final'
    return answer
  }

  #final(message: string): string {
    const [, unproven, header, nonce, proof = ''] =
      /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/.exec(message) ?? []
    if (header !== this.#header || nonce !== this.#nonce || !this.#credentials) {
      throw new ScramError('not the final message of this conversation')
    }
    const { storedKey, serverKey } = this.#credentials
    const said = `${this.#said},${unproven}`
    const clientKey = xor(Buffer.from(proof, 'base64'), hmac(storedKey, said))
    if (!timingSafeEqual(hash(clientKey), storedKey)) throw new ScramError('a wrong password')
    this.#step = this.#options.skipsEmptyExchange ? 'done' : 'empty'
    return `v=${hmac(serverKey, said).toString('base64')}`
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** As long as `a`. */
function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)))
}
