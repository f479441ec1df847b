import type { Faults } from '../faults.ts'
import type { Backend, BackendKind } from './backend.ts'
import { findRedisBinary } from './binary.ts'
import { openMemory } from './memory-backend.ts'
import { startRestServer } from './rest-server.ts'
import { openServer } from './server-backend.ts'
import { startRedisProcess } from './server-process.ts'

export interface RedisOptions {
  /** On 127.0.0.1; 0 or nothing = any free one. */
  port?: number
  /** What clients must present. */
  token: string
  /** Where the data survives a restart; nothing = it ends with this server. Not for `redisUrl`. */
  dir?: string
  /** An existing Redis to stand in front of: redis://… or rediss://… Goes before everything else. */
  redisUrl?: string
  /**
   * Without a `redisUrl`: `server` is a redis-server from the PATH, `memory` is inside this process, `auto` is the
   * first where there is one, else the second.
   * @default 'auto'
   */
  backend?: 'auto' | 'memory' | 'server'
  /** What the network does to requests; changed at run time. */
  faults?: Faults
  /** Told what nobody else is told: a lost Redis, a journal that cannot be written, failed requests. */
  log?: (line: string) => void
}

export interface RedisServer {
  readonly port: number
  /** What `new Redis({ url, token })` of @upstash/redis takes. */
  readonly url: string
  readonly token: string
  readonly backend: BackendKind
  /** Ends every connection, timer and process of this server, and writes the data out first; idempotent. */
  close(): Promise<void>
}

/**
 * Starts a stand-in for Upstash Redis: its REST protocol in front of a Redis.
 * @throws {Error} when the port is taken, the Redis cannot be reached or started, or another process uses `dir`.
 */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const log = options.log ?? ((line) => console.error(line))
  if (options.token === '') throw new Error('the token must not be empty')
  const backend = await openBackend(options, log)
  try {
    const { token, faults } = options
    const rest = await startRestServer({
      backend,
      token,
      port: options.port ?? 0,
      log,
      ...(faults && { faults }),
    })
    let closing: Promise<void> | undefined
    return {
      port: rest.port,
      url: `http://127.0.0.1:${rest.port}`,
      token,
      backend: backend.kind,
      close() {
        closing ??= rest.close().finally(() => backend.close())
        return closing
      },
    }
  } catch (error) {
    await backend.close()
    throw error
  }
}

async function openBackend(
  { redisUrl, backend = 'auto', dir }: RedisOptions,
  log: (line: string) => void,
): Promise<Backend> {
  if (redisUrl !== undefined) return openServer({ kind: 'url', address: { url: redisUrl }, log })
  const binary = backend === 'memory' ? undefined : await findRedisBinary()
  if (binary !== undefined) return openOwnServer(binary, dir, log)
  if (backend === 'server') throw new Error('there is no redis-server on the PATH')
  return openMemory(dir === undefined ? { log } : { dir, log })
}

async function openOwnServer(
  binary: string,
  dir: string | undefined,
  log: (line: string) => void,
): Promise<Backend> {
  const redis = await startRedisProcess(binary, dir, log)
  try {
    const server = await openServer({ kind: 'server', address: { socketPath: redis.socketPath }, log })
    return { ...server, close: () => server.close().then(redis.stop) }
  } catch (error) {
    await redis.stop()
    throw error
  }
}
