import type { Bytes } from './bytes.ts'

/** A command as it reaches Redis: its name, then its arguments. Never empty. */
export type Command = readonly [Bytes, ...Bytes[]]

/** What Redis answers: integer, bulk string, status, error, array, or nothing. */
export type Reply = number | bigint | Bytes | Status | RedisError | null | readonly Reply[]

/** A simple string such as OK. In RESP and in Lua it is another thing than a bulk string of the same text. */
export class Status {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export const OK = new Status('OK')

/** An error reply. The message begins with Redis' code word: ERR, WRONGTYPE, NOSCRIPT and so on. */
export class RedisError extends Error {
  override readonly name = 'RedisError'
}
