import { Redis } from '@upstash/redis'
import type { Config } from '../config.ts'

const PROBE_TIMEOUT_MS = 1_500

/** `PING` over Upstash's REST protocol. Never throws. */
export async function probeRedis({ url, token }: NonNullable<Config['redis']>) {
  const started = Date.now()
  const redis = new Redis({
    url,
    token,
    retry: false,
    enableTelemetry: false,
    signal: () => AbortSignal.timeout(PROBE_TIMEOUT_MS),
  })
  const healthy = await redis.ping().then(
    (answer) => answer === 'PONG',
    () => false,
  )
  return { healthy, latency_ms: Date.now() - started }
}
