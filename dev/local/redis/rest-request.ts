import { type Bytes, bytesOf } from './bytes.ts'
import { type Command, RedisError } from './reply.ts'

/** What a request asks for (https://upstash.com/docs/redis/features/restapi). */
type RestRequest =
  | { readonly form: 'single'; readonly command: Command }
  | { readonly form: 'pipeline'; readonly commands: readonly Command[] }
  | { readonly form: 'multi-exec'; readonly commands: readonly Command[] }

/** What the request line names, as it came: an URL object would resolve `..` and `\\`, which may be keys. */
export interface Target {
  readonly path: string
  /** Without the question mark. */
  readonly query: string
}

/** Splits the second word of a request line. */
export function readTarget(url: string): Target {
  const at = url.indexOf('?')
  return at === -1 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) }
}

/**
 * Reads the three forms: a JSON array at `/`, arrays of arrays at `/pipeline` and `/multi-exec`, or a command in the
 * path, to which the body and then the query are appended.
 * @throws {RedisError} saying what is wrong.
 */
export function readRequest(method: string, { path, query }: Target, body: Buffer): RestRequest {
  const hasBodyForm = method === 'POST' || method === 'PUT'
  if (hasBodyForm && path === '/') {
    return { form: 'single', command: commandOf(parseJson(body)) }
  }
  if (hasBodyForm && (path === '/pipeline' || path === '/multi-exec')) {
    const rows = parseJson(body)
    if (!Array.isArray(rows))
      throw new RedisError('ERR failed to parse pipeline request: expected an array of commands')
    if (rows.length === 0) throw new RedisError('ERR empty pipeline request')
    const form = path === '/pipeline' ? 'pipeline' : 'multi-exec'
    return { form, commands: rows.map(commandOf) }
  }
  const words = path.slice(1).split('/').map(percentDecoded)
  const tail = hasBodyForm && body.length > 0 ? [body.toString('latin1')] : []
  return { form: 'single', command: nonEmpty([...words, ...tail, ...queryWords(query)]) }
}

function nonEmpty(words: readonly Bytes[]): Command {
  const [name, ...args] = words
  if (!name) throw new RedisError('ERR empty command')
  return [name, ...args]
}

/** `?EX=100&NX` is `EX 100 NX`; the token is no part of the command. */
function queryWords(query: string): Bytes[] {
  const parts = query.split('&').filter(Boolean)
  return parts.flatMap((part) => {
    const [name = '', ...value] = part.split('=')
    if (name === '_token') return []
    const words = value.length > 0 && value.join('=') !== '' ? [name, value.join('=')] : [name]
    return words.map((word) => percentDecoded(word.replaceAll('+', ' ')))
  })
}

/** To bytes, not to text: %FF is the byte 255. What is no escape stays as it is. */
function percentDecoded(text: string): Bytes {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function commandOf(row: unknown): Command {
  if (!Array.isArray(row)) throw new RedisError('ERR failed to parse command: expected an array')
  return nonEmpty(row.map(wordOf))
}

function wordOf(value: unknown, at: number): Bytes {
  if (typeof value === 'string') return bytesOf(value)
  if (value instanceof RawNumber) return value.text
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object'
  throw new RedisError(`ERR failed to parse command: word ${at} is ${kind}, not a string, number or boolean`)
}

/** A number that a double would change. */
class RawNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

function parseJson(body: Buffer): unknown {
  const text = body.toString()
  try {
    // Only long runs of digits can be numbers that need their source text; the plain way is much faster.
    return /\d{16}/.test(text) ? JSON.parse(text, keepExact) : JSON.parse(text)
  } catch {
    throw new RedisError('ERR failed to parse request: the body is not valid JSON')
  }
}

function keepExact(this: unknown, _: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  return /^-?\d+$/.test(source) ? new RawNumber(source) : value
}
