import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Config } from '../config.ts'
import { Problem } from '../problem.ts'
import { redisClient } from '../redis.ts'
import { configuredTier } from '../tenants/directory.ts'
import { addressKey } from './address.ts'
import type { EdgeEnv } from './bindings.ts'
import { secondsUntil, writeLimitFields } from './limits/fields.ts'
import type { KeepAlive } from './limits/limiter.ts'
import { type LimitRequest, Limits } from './limits/limits.ts'
import type { Verdict } from './limits/quota.ts'
import { logRefusal } from './limits/refusal-log.ts'

/** Tells every limited caller of its limit, whatever became of the request. */
export const limitFields = createMiddleware<EdgeEnv>(async (c, next) => {
  await next()
  const verdict = c.get('verdict')
  if (verdict) writeLimitFields(c.res.headers, verdict, Date.now())
})

/** Limits whoever asks by address. */
export const limitedByAddress = createMiddleware<EdgeEnv>(async (c, next) => {
  await limitAddress(c)
  await next()
})

/**
 * Counts a request of the tenant `id`, whose own limit, requests a minute, comes with its record. Throws
 * `rate_limited`, `limiter_unavailable`, or what reading the record threw.
 */
export async function limitTenant(c: Context<EdgeEnv>, id: string, record: Promise<number>): Promise<void> {
  const config = c.get('config')
  const limits = limitsOf(config)
  const guess = config.tiers[configuredTier(id, config)].rate_limit
  if (limits) await enforce(c, limits.admitTenant(id, guess, record, keepAliveOf(c)))
  else await record
}

/** Counts a request that does not say, or not credibly, who it is from. Throws `rate_limited`. */
export async function limitAddress(c: Context<EdgeEnv>): Promise<void> {
  const config = c.get('config')
  const key = addressKey(c.req.raw.headers.get('cf-connecting-ip'))
  await limitBy(c, { policy: 'address', key, limit: config.limits.address })
}

/** Counts a request of the holder of the admin token. Throws `rate_limited`. */
export async function limitAdmin(c: Context<EdgeEnv>): Promise<void> {
  await limitBy(c, { policy: 'admin', key: 'token', limit: c.var.config.limits.admin })
}

async function limitBy(c: Context<EdgeEnv>, request: Omit<LimitRequest, 'keepAlive'>): Promise<void> {
  const limits = limitsOf(c.get('config'))
  if (limits) await enforce(c, limits.admit({ ...request, keepAlive: keepAliveOf(c) }))
}

/** How limits stand, as far as this isolate knows: for those who run the fleet. */
export function limiterView(config: Config) {
  const { algorithm, failure, reserve } = config.limits
  return { state: limitsOf(config)?.state ?? ('off' as const), algorithm, failure, reserve }
}

async function enforce(c: Context<EdgeEnv>, asking: Promise<Verdict>): Promise<void> {
  const started = Date.now()
  const verdict = await asking
  c.set('limitMs', Date.now() - started)
  c.set('verdict', verdict)
  const { outcome, limit, quota } = verdict
  if (outcome === 'unavailable') throw new Problem('limiter_unavailable')
  if (outcome !== 'refused') return
  logRefusal(verdict, c.var)
  throw new Problem('rate_limited', {
    detail: `At most ${limit} requests a minute.`,
    retryAfter: quota ? secondsUntil(quota.resetAt, Date.now()) : 1,
  })
}

function keepAliveOf(c: Context<EdgeEnv>): KeepAlive {
  return (promise) => c.executionCtx.waitUntil(promise)
}

/**
 * By configuration, once per isolate: at module scope, so that what is known of who is exhausted is there for the next
 * request. Numbers only; the client holds no socket.
 */
const byConfig = new WeakMap<Config, Limits>()

/** `undefined` where nothing is limited: switched off, or no Redis to count in. */
function limitsOf(config: Config): Limits | undefined {
  const { limits: settings, redis } = config
  if (!settings.enabled || !redis) return undefined
  let limits = byConfig.get(config)
  if (!limits) {
    limits = new Limits({
      redis: redisClient(redis, settings.timeoutMs),
      settings,
      now: Date.now,
      random: Math.random,
      sleep: (ms) => scheduler.wait(ms),
    })
    byConfig.set(config, limits)
  }
  return limits
}
