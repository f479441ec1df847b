import { Redis } from '@upstash/redis'
import { findRedisBinary } from '../../../dev/local/redis/binary.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../../../dev/local/redis/server.ts'

export const TOKEN = 'a token for tests'

export const redisServer = await findRedisBinary()
if (!redisServer)
  console.warn('no redis-server on the PATH: its tests are skipped, the memory engine is tested alone')

/** For `describe.each`: what every test of the REST face runs against. */
export const BACKENDS = redisServer ? (['memory', 'server'] as const) : (['memory'] as const)

interface Stand extends AsyncDisposable {
  readonly server: RedisServer
  /** An unmodified client: one HTTP request for each command. */
  readonly redis: Redis
  /** What the server had to say. */
  readonly log: string[]
}

/** A server with a client of its own; `await using` ends it. */
export async function stand(options: Partial<RedisOptions> = {}): Promise<Stand> {
  const log: string[] = []
  const server = await startRedis({ token: TOKEN, log: (line) => log.push(line), ...options })
  return { server, redis: client(server), log, [Symbol.asyncDispose]: () => server.close() }
}

export function client(server: RedisServer): Redis {
  const { url, token } = server
  return new Redis({ url, token, enableTelemetry: false, enableAutoPipelining: false, retry: false })
}

/** A plain HTTP request with the token; a string or bytes go as they are, anything else as JSON. */
export function request(
  { url, token }: RedisServer,
  path: string,
  init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { body, headers } = init
  const isPlain = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  return fetch(`${url}${path}`, {
    method: init.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: isPlain ? ((body ?? null) as string | null) : JSON.stringify(body),
  })
}

/** The JSON answer to one command, sent as Upstash's clients send it. */
export async function command(server: RedisServer, ...words: (string | number)[]): Promise<unknown> {
  return (await request(server, '/', { body: words })).json()
}
