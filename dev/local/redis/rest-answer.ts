import { type Bytes, base64Of, textOf } from './bytes.ts'
import { RedisError, type Reply, Status } from './reply.ts'

/** How strings are written into JSON: as text, or base64, which loses no byte. */
export type Encoding = 'text' | 'base64'

/** The JSON answer to one command. */
export function jsonAnswer(reply: Reply, encoding: Encoding): string {
  if (reply instanceof RedisError) return jsonError(reply)
  return `{"result":${jsonResult(reply, encoding)}}`
}

/** The JSON answer to a pipeline or a transaction. */
export function jsonAnswers(replies: readonly Reply[], encoding: Encoding): string {
  return `[${replies.map((reply) => jsonAnswer(reply, encoding)).join(',')}]`
}

/** Errors are never encoded: the client shows them as they come. */
export function jsonError({ message }: RedisError): string {
  return `{"error":${JSON.stringify(textOf(message))}}`
}

/**
 * "All strings in the response will be base64 encoded, except for the OK response" (Upstash, REST API). Only a result
 * that is nothing but OK is excepted: inside an array @upstash/redis decodes every string, "OK" into garbage.
 */
function jsonResult(reply: Reply, encoding: Encoding): string {
  if (reply instanceof Status && reply.text === 'OK') return '"OK"'
  return jsonValue(reply, encoding)
}

function jsonValue(reply: Reply, encoding: Encoding): string {
  if (reply === null) return 'null'
  if (typeof reply === 'number' || typeof reply === 'bigint') return String(reply)
  if (typeof reply === 'string') return jsonString(reply, encoding)
  if (reply instanceof Status) return jsonString(reply.text, encoding)
  // An error among a script's results: JSON has no place for it but as a string.
  if (reply instanceof RedisError) return jsonString(reply.message, encoding)
  return `[${reply.map((item) => jsonValue(item, encoding)).join(',')}]`
}

function jsonString(bytes: Bytes, encoding: Encoding): string {
  return encoding === 'base64' ? `"${base64Of(bytes)}"` : JSON.stringify(textOf(bytes))
}

/** The answer in Redis' own protocol (https://redis.io/docs/latest/develop/reference/protocol-spec/), version 2. */
export function resp2Answer(reply: Reply): Bytes {
  if (reply === null) return '$-1\r\n'
  if (typeof reply === 'number' || typeof reply === 'bigint') return `:${reply}\r\n`
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`
  if (reply instanceof Status) return `+${reply.text}\r\n`
  if (reply instanceof RedisError) return `-${reply.message.replace(/[\r\n]+/g, ' ')}\r\n`
  return `*${reply.length}\r\n${reply.map(resp2Answer).join('')}`
}
