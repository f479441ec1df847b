import { type RedisSettings, redisClient } from '../redis.ts'

const PROBE_TIMEOUT_MS = 1_500

/** `PING` over Upstash's REST protocol. Never throws. */
export async function probeRedis(settings: RedisSettings) {
  const started = Date.now()
  const healthy = await redisClient(settings, PROBE_TIMEOUT_MS)
    .ping()
    .then(
      (answer) => answer === 'PONG',
      () => false,
    )
  return { healthy, latency_ms: Date.now() - started }
}
