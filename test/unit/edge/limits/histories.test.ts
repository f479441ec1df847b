import type { Redis } from '@upstash/redis'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Limits } from '../../../../src/edge/limits/limits.ts'
import {
  ALGORITHMS,
  type AlgorithmName,
  FAILURES,
  type LimitSettings,
} from '../../../../src/limit-settings.ts'

const LIMIT = 6
const WINDOW_MS = 1_000
const TIMEOUT_MS = 50

/** What Redis may do: right and wrong answers, soon and late, none at all, and a request that is cancelled meanwhile. */
type Reply =
  | { readonly kind: 'left'; readonly left: number; readonly afterMs: number }
  | { readonly kind: 'fails' | 'nonsense'; readonly afterMs: number }
  | { readonly kind: 'silent' | 'cancelled'; readonly afterMs: number }

const reply: fc.Arbitrary<Reply> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('left' as const),
      left: fc.integer({ min: -3, max: 1_000 }),
      afterMs: fc.nat(40),
    }),
  },
  fc.record({ kind: fc.constantFrom('fails' as const, 'nonsense' as const), afterMs: fc.nat(40) }),
  fc.record({ kind: fc.constant('silent' as const), afterMs: fc.constant(TIMEOUT_MS) }),
  fc.record({ kind: fc.constant('cancelled' as const), afterMs: fc.constant(0) }),
)

interface Burst {
  readonly key: 'acme' | 'globex'
  readonly requests: number
  /** Before the next one, ms. */
  readonly thenMs: number
}

const burst: fc.Arbitrary<Burst> = fc.record({
  key: fc.constantFrom('acme' as const, 'globex' as const),
  requests: fc.nat(30),
  thenMs: fc.oneof(fc.nat(60), fc.nat(900)),
})

/** A client of a Redis that replies as it is told, as the library calls it: each algorithm's script has its own form. */
function redisThat(
  replies: readonly Reply[],
  algorithm: AlgorithmName,
): { redis: Redis; calls: () => number; most: () => number } {
  let calls = 0
  let out = 0
  let most = 0
  const later = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))
  const evalsha = async () => {
    const one: Reply = replies[calls++ % replies.length] ?? { kind: 'silent', afterMs: TIMEOUT_MS }
    most = Math.max(most, ++out)
    try {
      if (one.kind === 'cancelled') return await new Promise<never>(() => {})
      await later(one.afterMs)
      if (one.kind === 'nonsense') return [['x'], null]
      if (one.kind !== 'left') throw new Error('no answer')
      if (algorithm === 'fixed_window') return [LIMIT - one.left, LIMIT]
      if (algorithm === 'token_bucket') return [one.left, Date.now() + 100, LIMIT]
      return [one.left, LIMIT]
    } finally {
      if (one.kind !== 'cancelled') out--
    }
  }
  return { redis: { evalsha } as unknown as Redis, calls: () => calls, most: () => most }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.spyOn(console, 'info').mockImplementation(() => {})
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Plays bursts against such a Redis; the times at which requests of each key passed, and how all ended. */
async function play(
  bursts: readonly Burst[],
  replies: readonly Reply[],
  settings: Pick<LimitSettings, 'algorithm' | 'failure' | 'reserve'>,
) {
  vi.setSystemTime(1_000_000_000)
  const { redis, most } = redisThat(replies, settings.algorithm)
  let seed = 1
  const limits = new Limits({
    redis,
    settings: { enabled: true, timeoutMs: TIMEOUT_MS, address: 1, admin: 1, ...settings },
    now: Date.now,
    random: () => {
      seed = (seed * 16_807) % 2_147_483_647
      return seed / 2_147_483_647
    },
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    windowMs: WINDOW_MS,
  })
  const passedAt: Record<string, number[]> = { acme: [], globex: [] }
  let asked = 0
  let ended = 0
  for (const { key, requests, thenMs } of bursts) {
    for (let n = 0; n < requests; n++) {
      asked++
      void limits.admit({ policy: 'tenant', key, limit: LIMIT, keepAlive: () => {} }).then(({ outcome }) => {
        ended++
        if (outcome === 'passed' || outcome === 'unlimited') passedAt[key]?.push(Date.now())
      })
    }
    await vi.advanceTimersByTimeAsync(thenMs)
  }
  await vi.advanceTimersByTimeAsync(60 * TIMEOUT_MS)
  return { passedAt: Object.values(passedAt), unended: asked - ended, most: most() }
}

const cancelled = (replies: readonly Reply[]) => replies.some(({ kind }) => kind === 'cancelled')

test.each(ALGORITHMS)(
  '%s: one isolate lets a key through at most its limit in a window, whatever Redis does',
  async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(burst, { minLength: 1, maxLength: 12 }),
        fc.array(reply, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...FAILURES),
        fc.constantFrom<LimitSettings['reserve']>('auto', 0, 20),
        async (bursts, replies, failure, reserve) => {
          const { passedAt, unended } = await play(bursts, replies, { algorithm, failure, reserve })
          for (const times of passedAt) {
            if (algorithm === 'token_bucket') {
              times.forEach((from, first) => {
                times.slice(first).forEach((to, n) => {
                  // Capacity and refill.
                  expect(n + 1).toBeLessThanOrEqual(LIMIT + Math.floor(((to - from) / WINDOW_MS) * LIMIT) + 1)
                })
              })
              continue
            }
            const counts = Object.groupBy(times, (time) => Math.floor(time / WINDOW_MS))
            for (const window of Object.values(counts)) expect(window?.length).toBeLessThanOrEqual(LIMIT)
          }
          // Every request ends, but those whose own call was cancelled with them.
          if (!cancelled(replies)) expect(unended).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  },
)

test('of one key at most one call is out at a time, and of two keys two', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(burst, { minLength: 1, maxLength: 12 }),
      fc.array(
        reply.filter(({ kind }) => kind !== 'cancelled'),
        { minLength: 1, maxLength: 12 },
      ),
      async (bursts, replies) => {
        const played = await play(bursts, replies, {
          algorithm: 'sliding_window',
          failure: 'local',
          reserve: 'auto',
        })
        expect(played.most).toBeLessThanOrEqual(2)
      },
    ),
    { numRuns: 200 },
  )
})

test('with a Redis that answers, whoever waits is served by calls that are shared', async () => {
  const replies: Reply[] = [{ kind: 'left', left: LIMIT - 1, afterMs: 2 }]
  const { passedAt } = await play([{ key: 'acme', requests: 500, thenMs: 900 }], replies, {
    algorithm: 'sliding_window',
    failure: 'open',
    reserve: 0,
  })
  expect(passedAt[0]).toHaveLength(LIMIT)
})
