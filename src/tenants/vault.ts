import { Buffer } from 'node:buffer'

/** 96 bits, as NIST SP 800-38D recommends for AES-GCM, and drawn by chance. */
const IV_BYTES = 12
const KEY_ID_LENGTH = 8

/**
 * Seals secrets of tenants with AES-256-GCM. What is sealed for one tenant cannot be opened for another: its id is
 * authenticated with it. The text is `v1.<key id>.<iv>.<ciphertext>`, each in base64url.
 */
export class Vault {
  readonly #keys: readonly string[]
  readonly #random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>

  /** @param keys 256 bits each, in base64: the first one seals, all of them open */
  constructor(
    keys: readonly string[],
    random = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes),
  ) {
    this.#keys = keys
    this.#random = random
  }

  get canSeal(): boolean {
    return this.#keys.length > 0
  }

  /** Throws a `RangeError` without a key. */
  async seal(tenantId: string, secret: string): Promise<string> {
    const [first] = this.#keys
    if (first === undefined) throw new RangeError('the vault has no key')
    const key = bytesOf(first, 'base64')
    const iv = this.#random(new Uint8Array(IV_BYTES))
    const sealed = await crypto.subtle.encrypt(
      parameters(tenantId, iv),
      await importKey(key, 'encrypt'),
      new TextEncoder().encode(secret),
    )
    return ['v1', await keyIdOf(key), text(iv), text(new Uint8Array(sealed))].join('.')
  }

  /** Throws an error that says nothing when the key is not here, or when the text was not sealed for this tenant. */
  async open(tenantId: string, sealed: string): Promise<string> {
    const [version, keyId, iv = '', ciphertext = ''] = sealed.split('.')
    const key = version === 'v1' && keyId !== undefined ? await this.#keyOf(keyId) : undefined
    if (!key) throw new RangeError('no key opens this')
    const opened = await crypto.subtle.decrypt(
      parameters(tenantId, bytesOf(iv, 'base64url')),
      await importKey(key, 'decrypt'),
      bytesOf(ciphertext, 'base64url'),
    )
    return new TextDecoder().decode(opened)
  }

  async #keyOf(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (const encoded of this.#keys) {
      const key = bytesOf(encoded, 'base64')
      if ((await keyIdOf(key)) === id) return key
    }
    return undefined
  }
}

/** What tells one sealing from every other: its IV, which is drawn anew each time and is no secret. */
export function revisionOf(sealed: string): string {
  return sealed.split('.')[2] ?? ''
}

/** Ids come from the keys themselves, so that nobody has to keep them apart. A digest of a random key tells nothing. */
async function keyIdOf(key: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', key)
  return text(new Uint8Array(digest)).slice(0, KEY_ID_LENGTH)
}

function importKey(key: Uint8Array<ArrayBuffer>, usage: 'encrypt' | 'decrypt') {
  return crypto.subtle.importKey('raw', key, 'AES-GCM', false, [usage])
}

function parameters(tenantId: string, iv: Uint8Array<ArrayBuffer>) {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(tenantId) }
}

function bytesOf(encoded: string, encoding: 'base64' | 'base64url'): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(encoded, encoding))
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
