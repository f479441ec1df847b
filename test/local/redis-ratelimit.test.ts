import { Ratelimit } from '@upstash/ratelimit'
import { describe, expect, test } from 'vitest'
import { BACKENDS, client, stand } from './support/redis.ts'

const LIMIT = 100
/** So long that no test meets its edge. */
const WINDOW = '10 d'

const ALGORITHMS = {
  'fixed window': () => Ratelimit.fixedWindow(LIMIT, WINDOW),
  'sliding window': () => Ratelimit.slidingWindow(LIMIT, WINDOW),
  'token bucket': () => Ratelimit.tokenBucket(1, WINDOW, LIMIT),
}
const NAMES = Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[]

describe.each(BACKENDS)('@upstash/ratelimit in front of %s', (backend) => {
  test.each(NAMES)('%s: of 300 at once, through three limiters, exactly 100 pass', async (name) => {
    await using s = await stand({ backend })
    const limiters = Array.from(
      { length: 3 },
      () =>
        new Ratelimit({
          redis: client(s.server),
          limiter: ALGORITHMS[name](),
          ephemeralCache: false,
          timeout: 0,
        }),
    )
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, at) => (limiters[at % 3] as Ratelimit).limit('tenant')),
    )
    expect(results.filter((result) => result.success)).toHaveLength(LIMIT)
    expect(results.every((result) => result.reason === undefined)).toBe(true)
    const remaining = results.flatMap((result) => (result.success ? [result.remaining] : []))
    expect(remaining.sort((a, b) => a - b)).toEqual(Array.from({ length: LIMIT }, (_, at) => at))
    expect(await limiters[0]?.limit('another')).toMatchObject({ success: true, remaining: LIMIT - 1 })
  })

  test.each(NAMES)('%s: getRemaining, rates, refunds and resetUsedTokens', async (name) => {
    await using s = await stand({ backend })
    const limiter = new Ratelimit({ redis: s.redis, limiter: ALGORITHMS[name](), ephemeralCache: false })
    expect(await limiter.getRemaining('t')).toMatchObject({ remaining: LIMIT, limit: LIMIT })
    expect(await limiter.limit('t', { rate: 60 })).toMatchObject({
      success: true,
      remaining: 40,
      limit: LIMIT,
    })
    expect(await limiter.getRemaining('t')).toMatchObject({ remaining: 40 })
    expect(await limiter.limit('t', { rate: -10 })).toMatchObject({ success: true, remaining: 50 })
    await limiter.resetUsedTokens('t')
    expect(await limiter.getRemaining('t')).toMatchObject({ remaining: LIMIT })
  })

  test.each(NAMES)('%s: a dynamic limit takes the place of the built-in one', async (name) => {
    await using s = await stand({ backend })
    const limiter = new Ratelimit({
      redis: s.redis,
      limiter: ALGORITHMS[name](),
      ephemeralCache: false,
      dynamicLimits: true,
    })
    await limiter.setDynamicLimit({ limit: 3 })
    expect(await limiter.getDynamicLimit()).toEqual({ dynamicLimit: 3 })
    const results = await Promise.all(Array.from({ length: 10 }, () => limiter.limit('t')))
    expect(results.filter((result) => result.success)).toHaveLength(3)
    await limiter.setDynamicLimit({ limit: false })
    expect(await limiter.getDynamicLimit()).toEqual({ dynamicLimit: null })
  })

  test('the sliding window takes the last window into account in proportion', async () => {
    await using s = await stand({ backend })
    const size = 400
    const limiter = new Ratelimit({
      redis: s.redis,
      limiter: Ratelimit.slidingWindow(20, `${size} ms`),
      ephemeralCache: false,
    })
    const end = Date.now() + 2_000
    let passed = 0
    while (Date.now() < end) {
      if ((await limiter.limit('t')).success) passed++
      await new Promise((done) => setTimeout(done, 4))
    }
    // 5 windows of 20, one more at the start, and the approximation may be off by a few.
    expect(passed).toBeGreaterThan(60)
    expect(passed).toBeLessThanOrEqual(125)
  })

  test('blockUntilReady waits for the next window', async () => {
    await using s = await stand({ backend })
    const limiter = new Ratelimit({
      redis: s.redis,
      limiter: Ratelimit.fixedWindow(1, '300 ms'),
      ephemeralCache: false,
    })
    await limiter.limit('t')
    const results = [await limiter.blockUntilReady('t', 5_000), await limiter.blockUntilReady('t', 5_000)]
    expect(results.map((result) => result.success)).toEqual([true, true])
  })

  test('the ephemeral cache answers for a blocked tenant without a request', async () => {
    await using s = await stand({ backend })
    const limiter = new Ratelimit({
      redis: s.redis,
      limiter: Ratelimit.fixedWindow(1, WINDOW),
      ephemeralCache: new Map(),
    })
    expect([(await limiter.limit('t')).success, (await limiter.limit('t')).reason]).toEqual([true, undefined])
    expect(await limiter.limit('t')).toMatchObject({ success: false, reason: 'cacheBlock' })
  })

  test('a token bucket fills up again', async () => {
    await using s = await stand({ backend })
    const limiter = new Ratelimit({
      redis: s.redis,
      limiter: Ratelimit.tokenBucket(2, '2 s', 3),
      ephemeralCache: false,
    })
    const burst = await Promise.all(Array.from({ length: 4 }, () => limiter.limit('t')))
    expect(burst.filter((result) => result.success)).toHaveLength(3)
    await expect.poll(async () => (await limiter.limit('t')).success).toBe(true)
  })

  test('a deny list turns callers away', async () => {
    await using s = await stand({ backend })
    const prefix = 'guarded'
    // "disabled" keeps the limiter from fetching its list of bad addresses from the internet.
    await s.redis.set(`${prefix}:ipDenyListStatus`, 'disabled')
    await s.redis.sadd(`${prefix}:denyList:all`, '10.0.0.1')
    const limiter = new Ratelimit({
      redis: s.redis,
      prefix,
      limiter: Ratelimit.fixedWindow(10, WINDOW),
      enableProtection: true,
      ephemeralCache: false,
    })
    expect(await limiter.limit('t', { ip: '10.0.0.1' })).toMatchObject({
      success: false,
      reason: 'denyList',
      deniedValue: '10.0.0.1',
    })
    expect(await limiter.limit('t', { ip: '10.0.0.2' })).toMatchObject({ success: true })
  })

  test('analytics are counted', async () => {
    await using s = await stand({ backend })
    const limiter = new Ratelimit({
      redis: s.redis,
      limiter: Ratelimit.fixedWindow(1, WINDOW),
      analytics: true,
      ephemeralCache: false,
      prefix: 'counted',
    })
    for (const _ of [1, 2, 3]) await (await limiter.limit('t')).pending
    const [key] = await s.redis.keys('counted:events:*')
    const found = await s.redis.zrange<(string | number)[]>(key ?? '', 0, -1, { withScores: true })
    expect(found.filter((item) => typeof item === 'number').sort()).toEqual([1, 2])
  })
})
