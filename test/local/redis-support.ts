import { Redis } from '@upstash/redis'
import { findRedisServer } from '../../dev/local/redis/redis-process.ts'
import { startUpstash, type UpstashOptions, type UpstashServer } from '../../dev/local/redis/upstash.ts'

export const TOKEN = 'a token for tests'

export const redisServer = await findRedisServer()
if (!redisServer)
  console.warn('no redis-server on the PATH: its tests are skipped, the memory engine is tested alone')

/** For `describe.each`: what every test of the REST face runs against. */
export const BACKENDS = redisServer ? (['memory', 'server'] as const) : (['memory'] as const)

export interface Stand extends AsyncDisposable {
  readonly server: UpstashServer
  /** An unmodified client: one HTTP request for each command. */
  readonly redis: Redis
  /** What the server had to say. */
  readonly log: string[]
}

/** A server with a client of its own; `await using` ends it. */
export async function stand(options: Partial<UpstashOptions> = {}): Promise<Stand> {
  const log: string[] = []
  const server = await startUpstash({ token: TOKEN, log: (line) => log.push(line), ...options })
  return { server, redis: client(server), log, [Symbol.asyncDispose]: () => server.close() }
}

export function client(server: UpstashServer): Redis {
  const { url, token } = server
  return new Redis({ url, token, enableTelemetry: false, enableAutoPipelining: false, retry: false })
}

/** A plain HTTP request with the token; a string or bytes go as they are, anything else as JSON. */
export function request(
  { url, token }: UpstashServer,
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
export async function command(server: UpstashServer, ...words: (string | number)[]): Promise<unknown> {
  return (await request(server, '/', { body: words })).json()
}
