/**
 * Redis values are bytes. Here they travel as "byte strings": JavaScript strings in which every character is one
 * byte (latin1). They compare, hash and slice like any string and V8 stores them in one byte each, so that keys can
 * be Map keys without an encoding step and nothing is lost that is not UTF-8.
 */
export type Bytes = string

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): Bytes {
  // The same length in bytes means ASCII, which is its own byte string.
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}

/** The text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD, as Upstash documents for its plain JSON answers. */
export function textOf(bytes: Bytes): string {
  return Buffer.byteLength(bytes) === bytes.length ? bytes : Buffer.from(bytes, 'latin1').toString()
}

/** The standard base64 form, with padding. */
export function base64Of(bytes: Bytes): string {
  return Buffer.from(bytes, 'latin1').toString('base64')
}
