import { describe, expect, test, vi } from 'vitest'
import type { RedisServer } from '../../dev/local/redis/server.ts'
import { Limiter, type LimiterOptions } from '../../src/edge/limits/limiter.ts'
import { ALGORITHMS, type AlgorithmName } from '../../src/limit-settings.ts'
import { redisClient } from '../../src/redis.ts'
import { BACKENDS, stand } from './support/redis.ts'

const LIMIT = 100
const DAY_MS = 86_400_000
/** So long that no test meets its edge. */
const WINDOW_MS = 10 * DAY_MS

function limiterOf(
  server: RedisServer,
  algorithm: AlgorithmName,
  options: Partial<Omit<LimiterOptions, 'redis' | 'settings'>> & {
    reserve?: number | 'auto'
  } = {},
): Limiter {
  const { reserve = 0, limit = LIMIT, windowMs = WINDOW_MS, now = Date.now } = options
  const settings = { algorithm, reserve, timeoutMs: 10_000 }
  return new Limiter({
    redis: redisClient(server, settings.timeoutMs),
    settings,
    limit,
    windowMs,
    now,
    random: Math.random,
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    call: (work) => work(),
  })
}

/** One request, as `Limits` makes it. */
async function request(limiter: Limiter, key: string, under: Promise<unknown>[] = []) {
  const keep = (promise: Promise<unknown>) => void under.push(promise)
  const quota = limiter.takeHere(key, keep) ?? (await limiter.take(key, keep))
  if (!quota) throw new Error('no answer')
  return quota
}

describe.each(BACKENDS)('a limit in front of %s', (backend) => {
  test.each(ALGORITHMS)('%s: of 1,000 requests at once in one isolate exactly 100 pass', async (name) => {
    await using s = await stand({ backend })
    const fetched = vi.spyOn(globalThis, 'fetch')
    const limiter = limiterOf(s.server, name)
    const quotas = await Promise.all(Array.from({ length: 1_000 }, () => request(limiter, 'acme')))
    const passed = quotas.filter((quota) => quota.passed)
    expect(passed).toHaveLength(LIMIT)
    // Each is told another number of those that are left.
    expect(passed.map((quota) => quota.remaining).sort((a, b) => a - b)).toEqual(
      Array.from({ length: LIMIT }, (_, at) => at),
    )
    expect(await request(limiter, 'globex')).toMatchObject({ passed: true, remaining: 99 })
    // They share calls, ever fewer requests in one the fewer are left.
    expect(fetched.mock.calls.length).toBeLessThan(50)
    fetched.mockRestore()
  })

  test.each(ALGORITHMS)('%s: of 300 requests at once, in three isolates, 100 pass', async (name) => {
    await using s = await stand({ backend })
    const limiters = Array.from({ length: 3 }, () => limiterOf(s.server, name))
    const quotas = await Promise.all(
      Array.from({ length: 300 }, (_, at) => request(limiters[at % 3] as Limiter, 'acme')),
    )
    const passed = quotas.filter((quota) => quota.passed).length
    expect(passed).toBeLessThanOrEqual(LIMIT)
    // A window counts what it refuses together; a bucket does not.
    expect(passed).toBeGreaterThanOrEqual(name === 'token_bucket' ? LIMIT : (LIMIT * 3) / 4)
  })

  test.each(ALGORITHMS.flatMap((name) => [[name, 20] as const, [name, 'auto'] as const]))(
    '%s: with requests taken in advance (%s) never more than 100 pass, and hardly fewer',
    async (name, reserve) => {
      await using s = await stand({ backend })
      const limiters = Array.from({ length: 3 }, () => limiterOf(s.server, name, { reserve }))
      const under: Promise<unknown>[] = []
      let passed = 0
      let refused = 0
      // In waves, so that what is taken in advance is there for the next one.
      for (let wave = 0; wave < 30; wave++) {
        const quotas = await Promise.all(
          Array.from({ length: 10 }, (_, at) => request(limiters[(wave + at) % 3] as Limiter, 'acme', under)),
        )
        await Promise.all(under.splice(0))
        passed += quotas.filter((quota) => quota.passed).length
        refused += quotas.filter((quota) => !quota.passed).length
      }
      expect(passed).toBeLessThanOrEqual(LIMIT)
      // What others hold is at most a tenth of what is left, so at the end it is nothing, or nearly.
      expect(passed).toBeGreaterThanOrEqual(LIMIT - 6)
      expect(passed + refused).toBe(300)
    },
  )

  test.each([20, 'auto' as const])(
    'requests taken in advance (%s) save calls: 100 of a tenant far from its limit need fewer than 20',
    async (reserve) => {
      await using s = await stand({ backend })
      const fetched = vi.spyOn(globalThis, 'fetch')
      const limiter = limiterOf(s.server, 'sliding_window', { limit: 10_000, reserve })
      const under: Promise<unknown>[] = []
      const remaining: number[] = []
      for (let n = 0; n < 100; n++) {
        const quota = await request(limiter, 'acme', under)
        expect(quota.passed).toBe(true)
        remaining.push(quota.remaining)
        await Promise.all(under.splice(0))
      }
      // Whoever is told what is left sees it go down one by one, as without.
      expect(remaining).toEqual(Array.from({ length: 100 }, (_, n) => 9_999 - n))
      expect(fetched.mock.calls.length).toBeLessThan(20)
      fetched.mockRestore()
    },
  )

  test.each(ALGORITHMS)('%s: a tenant that keeps asking gets its limit in every window', async (name) => {
    await using s = await stand({ backend })
    const windowMs = 1_000
    const limiter = limiterOf(s.server, name, { limit: 20, windowMs })
    const start = Math.ceil(Date.now() / windowMs) * windowMs
    await new Promise((done) => setTimeout(done, start - Date.now()))
    const windows = [0, 0, 0, 0]
    while (Date.now() < start + windows.length * windowMs) {
      const window = Math.floor((Date.now() - start) / windowMs)
      if ((await request(limiter, 'acme')).passed) windows[window] = (windows[window] ?? 0) + 1
      await new Promise((done) => setTimeout(done, 2))
    }
    for (const passed of windows) expect(passed).toBeGreaterThanOrEqual(10)
    expect(windows.reduce((sum, passed) => sum + passed)).toBeLessThanOrEqual(20 * (windows.length + 1))
  })

  test.each(ALGORITHMS)('%s: an exhausted tenant is refused without Redis', async (name) => {
    const s = await stand({ backend })
    const limiter = limiterOf(s.server, name, { limit: 2 })
    const before = [
      await request(limiter, 'acme'),
      await request(limiter, 'acme'),
      await request(limiter, 'acme'),
    ]
    expect(before.map((quota) => quota.passed)).toEqual([true, true, false])
    await s[Symbol.asyncDispose]()
    const after = await request(limiter, 'acme')
    expect(after).toMatchObject({ passed: false, limit: 2, remaining: 0 })
    expect(after.resetAt).toBe(before[2]?.resetAt)
    await expect(request(limiter, 'globex')).rejects.toThrow()
  })
})
