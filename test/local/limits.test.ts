import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { Faults } from '../../dev/local/faults.ts'
import type { RedisServer } from '../../dev/local/redis/server.ts'
import { Limits } from '../../src/edge/limits/limits.ts'
import type { LimitPolicy } from '../../src/edge/limits/quota.ts'
import type { LimitSettings } from '../../src/limit-settings.ts'
import { redisClient } from '../../src/redis.ts'
import { stand } from './support/redis.ts'

const TIMEOUT_MS = 1_000
const DAY_MS = 86_400_000

const drop = () => {}

function limitsOf(server: RedisServer, overrides: Partial<LimitSettings> = {}) {
  let late = 0
  const settings: LimitSettings = {
    enabled: true,
    algorithm: 'sliding_window',
    timeoutMs: TIMEOUT_MS,
    failure: 'open',
    reserve: 0,
    address: 60,
    admin: 60,
    ...overrides,
  }
  const redis = redisClient(server, settings.timeoutMs)
  const limits = new Limits({
    redis,
    settings,
    now: () => Date.now() + late,
    random: Math.random,
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    windowMs: 10 * DAY_MS,
  })
  return {
    limits,
    pass: (ms: number) => {
      late += ms
    },
    admit: (policy: LimitPolicy = 'tenant', key = 'acme', limit = 60) =>
      limits.admit({ policy, key, limit, keepAlive: drop }),
  }
}

let errors: MockInstance
let infos: MockInstance

beforeEach(() => {
  errors = vi.spyOn(console, 'error').mockImplementation(drop)
  infos = vi.spyOn(console, 'info').mockImplementation(drop)
})

afterEach(() => vi.restoreAllMocks())

describe('without an answer of Redis', () => {
  test.each(['slow', 'down', 'refusing', 'talking nonsense'])(
    'requests go on after their time-out while Redis is %s, and that is logged once',
    async (fault) => {
      const faults = new Faults()
      await using s = await stand({ backend: 'memory', faults })
      const { admit, limits } = limitsOf(s.server)
      expect(await admit()).toMatchObject({ outcome: 'passed', limit: 60, quota: { remaining: 59 } })
      if (fault === 'slow') faults.set({ delayMs: 30 * TIMEOUT_MS })
      if (fault === 'down') faults.set({ refuse: true })
      if (fault === 'refusing') faults.set({ httpStatus: 500 })
      if (fault === 'talking nonsense') faults.set({ badJson: true })
      const started = Date.now()
      for (let n = 0; n < 50; n++)
        expect(await admit()).toEqual({ policy: 'tenant', limit: 60, outcome: 'unlimited' })
      // Five of them at most have waited; the circuit spared the others.
      expect(Date.now() - started).toBeLessThan(25 * TIMEOUT_MS)
      expect(errors).toHaveBeenCalledTimes(1)
      expect(errors.mock.calls[0]?.[0]).toMatchObject({ event: 'limiter.down', failure: 'open' })
      expect(limits.state).toBe('failing')
    },
  )

  test('Redis is asked again when the pause is over, and its return is logged once', async () => {
    const faults = new Faults()
    await using s = await stand({ backend: 'memory', faults })
    const { admit, limits, pass } = limitsOf(s.server)
    faults.set({ refuse: true })
    for (let n = 0; n < 10; n++) await admit()
    faults.clear()
    expect((await admit()).outcome).toBe('unlimited')
    pass(30_000)
    for (let n = 0; n < 10; n++) expect((await admit()).outcome).toBe('passed')
    expect(limits.state).toBe('working')
    expect(infos.mock.calls.map(([event]) => event.event)).toEqual(['limiter.up'])
    expect(errors).toHaveBeenCalledTimes(1)
  })

  test('with closed tenants are not served; admin and addresses are counted here', async () => {
    const faults = new Faults()
    await using s = await stand({ backend: 'memory', faults })
    faults.set({ refuse: true })
    const { admit } = limitsOf(s.server, { failure: 'closed' })
    expect(await admit()).toEqual({ policy: 'tenant', limit: 60, outcome: 'unavailable' })
    for (const policy of ['admin', 'address'] as const) {
      expect((await admit(policy, 'one', 1)).outcome).toBe('passed')
      expect((await admit(policy, 'one', 1)).outcome).toBe('refused')
    }
  })

  test('with local the isolate counts', async () => {
    const faults = new Faults()
    await using s = await stand({ backend: 'memory', faults })
    faults.set({ refuse: true })
    const { admit } = limitsOf(s.server, { failure: 'local' })
    const verdicts = []
    for (let n = 0; n < 8; n++) verdicts.push(await admit('tenant', 'acme', 5))
    expect(verdicts.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 5 }, () => 'passed'),
      ...Array.from({ length: 3 }, () => 'refused'),
    ])
    expect(verdicts[0]?.quota).toMatchObject({ limit: 5, remaining: 4 })
  })

  test('what an isolate knows by itself is no sign that Redis works', async () => {
    const faults = new Faults()
    await using s = await stand({ backend: 'memory', faults })
    const { admit } = limitsOf(s.server)
    for (let n = 0; n < 2; n++) await admit('tenant', 'exhausted', 1)
    faults.set({ refuse: true })
    const fetched = vi.spyOn(globalThis, 'fetch')
    for (let n = 0; n < 20; n++) {
      expect((await admit('tenant', 'exhausted', 1)).outcome).toBe('refused')
      expect((await admit()).outcome).toBe('unlimited')
    }
    expect(fetched).toHaveBeenCalledTimes(5)
  })

  test('a call that was not answered is not repeated: it may have been counted', async () => {
    const faults = new Faults()
    await using s = await stand({ backend: 'memory', faults })
    const { admit } = limitsOf(s.server)
    faults.set({ refuse: true })
    const fetched = vi.spyOn(globalThis, 'fetch')
    expect((await admit()).outcome).toBe('unlimited')
    expect(fetched).toHaveBeenCalledTimes(1)
  })
})

describe('a tenant whose record is still being read', () => {
  const record = (limit: number) => Promise.resolve(limit)

  test('is counted meanwhile, once, under the limit that it turns out to have', async () => {
    await using s = await stand({ backend: 'memory' })
    const { limits } = limitsOf(s.server)
    let found = (_limit: number) => {}
    const reading = new Promise<number>((resolve) => {
      found = resolve
    })
    const fetched = vi.spyOn(globalThis, 'fetch')
    const admitting = limits.admitTenant('acme', 60, reading, drop)
    await vi.waitFor(() => expect(fetched).toHaveBeenCalled())
    found(60)
    expect(await admitting).toMatchObject({ outcome: 'passed', limit: 60, quota: { remaining: 59 } })
    // The second is the script, which a new Redis does not know by its hash.
    expect(fetched.mock.calls.length).toBeLessThanOrEqual(2)
  })

  test('is counted under its real limit where the guess was wrong, and from then on at once', async () => {
    await using s = await stand({ backend: 'memory' })
    const { limits } = limitsOf(s.server)
    const real = () => limits.admitTenant('acme', 60, record(2), drop)
    expect(await real()).toMatchObject({ outcome: 'passed', limit: 2, quota: { remaining: 1 } })
    const fetched = vi.spyOn(globalThis, 'fetch')
    expect(await real()).toMatchObject({ outcome: 'passed', limit: 2, quota: { remaining: 0 } })
    expect(fetched).toHaveBeenCalledTimes(1)
    expect((await real()).outcome).toBe('refused')
  })

  test('is never refused for a guess that was too low', async () => {
    await using s = await stand({ backend: 'memory' })
    const { limits } = limitsOf(s.server)
    for (let n = 0; n < 3; n++)
      await limits.admit({ policy: 'tenant', key: 'acme', limit: 1, keepAlive: drop })
    expect(await limits.admitTenant('acme', 1, record(50), drop)).toMatchObject({
      outcome: 'passed',
      quota: { remaining: 49 },
    })
  })

  test('whose record cannot be read gets that error', async () => {
    await using s = await stand({ backend: 'memory' })
    const { limits } = limitsOf(s.server)
    await expect(
      limits.admitTenant('acme', 60, Promise.reject(new Error('no record')), drop),
    ).rejects.toThrow('no record')
  })
})

test('who is counted by address is apart from a tenant of the same name', async () => {
  await using s = await stand({ backend: 'memory' })
  const { admit } = limitsOf(s.server)
  expect((await admit('tenant', 'same', 1)).outcome).toBe('passed')
  expect((await admit('address', 'same', 1)).outcome).toBe('passed')
  expect((await admit('tenant', 'same', 1)).outcome).toBe('refused')
})
