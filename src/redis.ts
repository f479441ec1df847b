import { Redis } from '@upstash/redis'
import type { Config } from './config.ts'

/**
 * Aborts when the other side has been silent for `ms` while this isolate was there to listen. An isolate has one thread:
 * after it was busy for long, what has arrived meanwhile waits behind the time-out that is over, and would be given up
 * unread. So the time is taken in parts, and a part that took longer because of that counts as one.
 */
function silence(ms: number): AbortSignal {
  const controller = new AbortController()
  let left = PARTS
  const listen = () => {
    AbortSignal.timeout(Math.ceil(ms / PARTS)).addEventListener('abort', () => {
      if (--left > 0) listen()
      else controller.abort(new Error('no answer in time'))
    })
  }
  listen()
  return controller.signal
}

const PARTS = 3

export type RedisSettings = NonNullable<Config['redis']>

/**
 * A client of Upstash's REST protocol whose every command gives up after `timeoutMs` of silence. It holds no socket: each command
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
    signal: () => silence(timeoutMs),
  })
}
