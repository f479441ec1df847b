import { Redis } from '@upstash/redis'
import type { Config } from './config.ts'

export type RedisSettings = NonNullable<Config['redis']>

/**
 * A client of Upstash's REST protocol whose every command gives up after `timeoutMs`. It holds no socket: each command
 * is a `fetch` of its own, so one client may serve every request of an isolate. It throws what it met; who uses it
 * decides what that means. Commands are not repeated: a command that was not answered may have been done.
 */
export function redisClient({ url, token }: RedisSettings, timeoutMs: number): Redis {
  return new Redis({
    url,
    token,
    // `retry: false` would still mean a second attempt (@upstash/redis 1.39.0, pkg/http.ts), of what may have been done.
    retry: { retries: 0 },
    // It would send the commands of several requests as one, and let one request await another's fetch.
    enableAutoPipelining: false,
    enableTelemetry: false,
    signal: () => AbortSignal.timeout(timeoutMs),
  })
}
