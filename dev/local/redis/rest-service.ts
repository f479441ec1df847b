import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from '../http-faults.ts'
import type { Backend } from './backend.ts'
import { refusal } from './refused-commands.ts'
import { type Command, RedisError, type Reply } from './reply.ts'
import { type Encoding, jsonAnswer, jsonAnswers, jsonError, resp2Answer } from './rest-answer.ts'
import { readRequest, type Target } from './rest-request.ts'

interface RestCall {
  readonly method: string
  readonly target: Target
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const METHODS = ['HEAD', 'GET', 'POST', 'PUT']

const WRONG_PASS = new RedisError(
  'WRONGPASS invalid or missing auth token. See https://upstash.com/docs/redis/troubleshooting/http_unauthorized for details',
)

export function errorAnswer(status: number, message: string): Answer {
  return json(status, jsonError(new RedisError(message)))
}

/** What Upstash's REST face does with a request, apart from HTTP itself. */
export class RestService {
  readonly #backend: Backend
  readonly #tokenDigest: Buffer

  constructor(backend: Backend, token: string) {
    this.#backend = backend
    this.#tokenDigest = digest(token)
  }

  /** Whether the request carries the token, in its header or its query. Takes the same time for any wrong one. */
  isAllowed(headers: IncomingHttpHeaders, { query }: Target): boolean {
    const [, bearer] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? []
    const given = bearer ?? new URLSearchParams(query).get('_token') ?? ''
    return timingSafeEqual(digest(given), this.#tokenDigest)
  }

  /** The refusal of a request before its body is read, or undefined when it may go on. */
  refuseEarly(method: string, headers: IncomingHttpHeaders, target: Target): Answer | undefined {
    if (!METHODS.includes(method)) return errorAnswer(405, `ERR unsupported http method: '${method}'`)
    return this.isAllowed(headers, target) ? undefined : json(401, jsonError(WRONG_PASS))
  }

  /** Rejects only when the Redis behind cannot be reached. */
  async answer({ method, target, headers, body }: RestCall): Promise<Answer> {
    try {
      const format = responseFormat(headers)
      const request = readRequest(method, target, body)
      if (request.form === 'multi-exec') return await this.#transaction(request.commands, format)
      if (request.form === 'pipeline') return await this.#pipeline(request.commands, format)
      const reply = await this.#run(request.command)
      if (format === 'resp2') return octets([reply])
      return json(reply instanceof RedisError ? 400 : 200, jsonAnswer(reply, format))
    } catch (error) {
      if (error instanceof RedisError) return errorAnswer(400, error.message)
      throw error
    }
  }

  async #pipeline(commands: readonly Command[], format: Encoding | 'resp2'): Promise<Answer> {
    const replies = await Promise.all(commands.map((command) => this.#run(command)))
    return format === 'resp2' ? octets(replies) : json(200, jsonAnswers(replies, format))
  }

  async #transaction(commands: readonly Command[], format: Encoding | 'resp2'): Promise<Answer> {
    if (format === 'resp2') throw new RedisError('ERR the resp2 format is not available for /multi-exec')
    const refused = commands.map(refusal).find((problem) => problem !== undefined)
    const replies = refused ?? (await this.#backend.transaction(commands))
    if (replies instanceof RedisError) return json(400, jsonError(replies))
    return json(200, jsonAnswers(replies, format))
  }

  async #run(command: Command): Promise<Reply> {
    return refusal(command) ?? (await this.#backend.run(command))
  }
}

/** @throws {RedisError} for what Upstash answers with 400 too. */
function responseFormat(headers: IncomingHttpHeaders): Encoding | 'resp2' {
  const format = headers['upstash-response-format'] ?? 'json'
  const isBase64 = headers['upstash-encoding'] === 'base64'
  if (format === 'json') return isBase64 ? 'base64' : 'text'
  if (format !== 'resp2') throw new RedisError(`ERR unsupported response format: '${String(format)}'`)
  if (isBase64) throw new RedisError('ERR base64 encoding is not available for the resp2 format')
  return 'resp2'
}

function json(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body }
}

function octets(replies: readonly Reply[]): Answer {
  const body = Buffer.from(replies.map(resp2Answer).join(''), 'latin1')
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body }
}

/** Digests have one length, which the comparison needs, and hide the token's. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
