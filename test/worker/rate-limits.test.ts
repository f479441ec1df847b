import { afterEach, describe, expect, it } from 'vitest'
import { ADMIN, clearFaults, headersOf, newTenant, setFault, withinOneMinute, workerWith } from './support.ts'

const LOW = JSON.stringify({ free: { rate_limit: 3 }, basic: { rate_limit: 3 } })

afterEach(clearFaults)

describe('a tenant', () => {
  it('is told its limit with every answer, and 429 with Retry-After when it is used up', async () => {
    await withinOneMinute()
    const fetch = workerWith({ TIERS: LOW })
    const tenant = newTenant('postgres')
    for (const [n, path] of ['/api/posts', '/api/posts/none', '/api/posts'].entries()) {
      const { status, headers } = await fetch(path, headersOf(tenant))
      expect(status).toBeLessThan(429)
      expect(headers.get('ratelimit-policy')).toBe('"tenant";q=3;w=60')
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"tenant";r=${2 - n};t=\\d+$`))
      expect(headers.get('x-ratelimit-limit')).toBe('3')
      expect(headers.get('x-ratelimit-remaining')).toBe(String(2 - n))
    }
    for (let n = 0; n < 3; n++) {
      const { status, headers, body } = await fetch('/api/posts', headersOf(tenant))
      expect(status).toBe(429)
      expect(headers.get('content-type')).toBe('application/problem+json')
      expect(body).toMatchObject({
        code: 'rate_limited',
        status: 429,
        detail: 'At most 3 requests a minute.',
      })
      const [, t] = /^"tenant";r=0;t=(\d+)$/.exec(headers.get('ratelimit') ?? '') ?? []
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(Math.max(1, Number(t)))
      const reset = Number(headers.get('x-ratelimit-reset')) * 1000
      expect(reset).toBeGreaterThan(Date.now() - 1_000)
      expect(reset).toBeLessThanOrEqual(Date.now() + 60_000 + 1_000)
    }
    expect((await fetch('/api/posts', headersOf(newTenant('postgres')))).status).toBe(200)
  })

  it.each(['sliding_window', 'token_bucket', 'fixed_window'])(
    'of 12 requests at once exactly its 3 pass: %s',
    async (algorithm) => {
      await withinOneMinute()
      const fetch = workerWith({ TIERS: LOW, RATE_LIMIT_ALGORITHM: algorithm })
      const tenant = newTenant('postgres')
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => fetch('/api/posts', headersOf(tenant))),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(9)
    },
  )

  it('is served from what its isolate took in advance, request after request', async () => {
    const tiers = JSON.stringify({ free: { rate_limit: 1_000 }, basic: { rate_limit: 1_000 } })
    const fetch = workerWith({ TIERS: tiers, RATE_LIMIT_RESERVE: '20' })
    const tenant = newTenant('postgres')
    for (let n = 0; n < 30; n++) expect((await fetch('/api/posts', headersOf(tenant))).status).toBe(200)
    const many = await Promise.all(Array.from({ length: 30 }, () => fetch('/api/posts', headersOf(tenant))))
    expect(many.every(({ status }) => status === 200)).toBe(true)
  })

  it('is not limited where that is switched off', async () => {
    const fetch = workerWith({ TIERS: LOW, RATE_LIMITS: 'off' })
    const tenant = newTenant('postgres')
    for (let n = 0; n < 5; n++) {
      const { status, headers } = await fetch('/api/posts', headersOf(tenant))
      expect(status).toBe(200)
      expect(headers.get('ratelimit-policy')).toBeNull()
    }
  })
})

describe('who does not say who is calling', () => {
  it('is limited by address, whatever headers it sends, and without harm to tenants', async () => {
    await withinOneMinute()
    const fetch = workerWith({ RATE_LIMIT_ADDRESS: '2' })
    const address = `2001:db8:${(Date.now() % 65_536).toString(16)}:1`
    const ask = (n: number) =>
      fetch('/api/posts', { 'cf-connecting-ip': `${address}::${n}`, 'x-forwarded-for': `192.0.2.${n}` })
    const answers = [await ask(1), await ask(2), await ask(3), await ask(4)]
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 429, 429])
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"address";q=2;w=60')
    const tenant = { ...headersOf(newTenant('postgres')), 'cf-connecting-ip': `${address}::1` }
    expect((await fetch('/api/posts', tenant)).status).toBe(200)
    const health = { 'cf-connecting-ip': `${address}::5` }
    expect((await fetch('/health', health)).status).toBe(429)
    expect((await fetch('/health/live', health)).status).toBe(200)
    expect((await fetch('/admin/fleet', { ...health, authorization: 'Bearer guess' })).status).toBe(429)
    expect((await fetch('/admin/fleet', { ...health, ...ADMIN })).status).toBe(200)
  })
})

describe('the admin', () => {
  it('has a limit of its own, and sees how limits stand', async () => {
    await withinOneMinute()
    const view = await workerWith({})<{ limiter: object }>('/admin/fleet', ADMIN)
    expect(view.body.limiter).toMatchObject({
      state: 'working',
      algorithm: 'sliding_window',
      failure: 'local',
    })
    // Another limit than that of other runs: they count apart.
    const limit = 1 + (Date.now() % 5)
    const fetch = workerWith({ RATE_LIMIT_ADMIN: String(limit), RATE_LIMIT_ALGORITHM: 'fixed_window' })
    const statuses = new Set<number>()
    for (let n = 0; n <= limit; n++) statuses.add((await fetch('/metrics/db-pool', ADMIN)).status)
    expect(statuses).toContain(429)
    const off = await workerWith({ RATE_LIMITS: 'off' })<{ limiter: object }>('/admin/fleet', ADMIN)
    expect(off.body.limiter).toMatchObject({ state: 'off' })
  })
})

describe('without Redis', () => {
  it('requests go on, quickly', async () => {
    const fetch = workerWith({ RATE_LIMIT_TIMEOUT_MS: '200', RATE_LIMIT_FAILURE: 'open' })
    const tenant = newTenant('postgres')
    expect((await fetch('/api/posts', headersOf(tenant))).status).toBe(200)
    await setFault('redis', { delayMs: 20_000 })
    const started = Date.now()
    for (let n = 0; n < 20; n++) {
      const { status, headers } = await fetch('/api/posts', headersOf(tenant))
      expect(status).toBe(200)
      expect(headers.get('ratelimit-policy')).toBe('"tenant";q=1000000;w=60')
      expect(headers.get('ratelimit')).toBeNull()
    }
    expect(Date.now() - started).toBeLessThan(15_000)
    const { body } = await fetch<{ limiter: object }>('/admin/fleet', ADMIN)
    expect(body.limiter).toMatchObject({ state: 'failing' })
  })

  it('tenants get 503 where the deployment wants that, and the admin still gets in', async () => {
    const fetch = workerWith({ RATE_LIMIT_FAILURE: 'closed' })
    const tenant = newTenant('postgres')
    expect((await fetch('/api/posts', headersOf(tenant))).status).toBe(200)
    await setFault('redis', { refuse: true })
    const refused = await fetch('/api/posts', headersOf(tenant))
    expect(refused.status).toBe(503)
    expect(refused.body).toMatchObject({ code: 'limiter_unavailable' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await fetch('/admin/fleet', ADMIN)).status).toBe(200)
    const health = await fetch<{ services: object }>('/health', {})
    expect(health.body.services).toMatchObject({ redis: { healthy: false } })
  })

  it('an isolate counts by itself where the deployment wants that', async () => {
    const fetch = workerWith({ RATE_LIMIT_FAILURE: 'local', TIERS: LOW })
    const tenant = newTenant('postgres')
    expect((await fetch('/api/posts', headersOf(tenant))).status).toBe(200)
    await setFault('redis', { refuse: true })
    const statuses: number[] = []
    for (let n = 0; n < 5; n++) statuses.push((await fetch('/api/posts', headersOf(tenant))).status)
    // The one before counts too.
    expect(statuses).toEqual([200, 200, 429, 429, 429])
  })
})
