import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Faults } from '../../dev/local/faults.ts'
import { redisClient } from '../../src/redis.ts'
import { Attempts } from '../../src/sign-in/attempts.ts'
import { Guesses } from '../../src/sign-in/guesses.ts'
import { Passwords } from '../../src/sign-in/passwords.ts'
import { Turns } from '../../src/sign-in/turns.ts'
import { BACKENDS, stand, TOKEN } from './support/redis.ts'

const LIMIT = 10
const passwords = new Passwords({ cost: { ln: 1, r: 1, p: 1 } })
const stored = passwords.hash('right')

/** Guesses that come at once, and whether Redis refuses connections meanwhile. */
const burst = fc.record({
  guesses: fc.array(fc.boolean(), { minLength: 1, maxLength: 16 }),
  isDown: fc.integer({ min: 0, max: 3 }).map((chance) => chance === 0),
})

let histories = 0

// In the middle of a window of 15 minutes: where one ends, a part of what it counted is forgotten. Timers stay real.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000 * 900_000 + 450_000 }))
afterAll(() => void vi.useRealTimers())

describe.each(BACKENDS)('guesses against a limit in Redis (%s)', (backend) => {
  test('bursts with outages in between: at most ten wrong ones, right ones never counted', async () => {
    const faults = new Faults()
    await using redis = await stand({ backend, faults })
    const attempts = new Attempts(redisClient({ url: redis.server.url, token: TOKEN }, 2_000))
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { minLength: 1, maxLength: 5 }), async (bursts) => {
        const account = { tenant: 'acme', email: `ada-${backend}-${histories++}` }
        const guesses = new Guesses({
          turns: new Turns(16),
          compute: async (work) => work(),
          passwords,
          now: Date.now,
        })
        const guess = (isRight: boolean) =>
          guesses.verify(account, { password: isRight ? 'right' : 'wrong', stored }, attempts).then(
            ({ ok }) => (ok ? 'right' : 'wrong'),
            (problem) => String(problem.code),
          )
        let wrong = 0
        for (const { guesses: burstOf, isDown } of bursts) {
          faults.set({ refuse: isDown })
          const told = await Promise.all(burstOf.map(guess))
          faults.clear()
          burstOf.forEach((isRight, n) => {
            if (isDown) expect(told[n]).toBe('sign_in_unavailable')
            else expect(told[n]).toBe(wrong >= LIMIT ? 'too_many_attempts' : isRight ? 'right' : 'wrong')
            if (told[n] === 'wrong') wrong++
          })
        }
        expect(await guess(true)).toBe(wrong >= LIMIT ? 'too_many_attempts' : 'right')
      }),
      { numRuns: 40 },
    )
  })

  test('of 40 wrong ones counted at once, by as many clients, ten have room', async () => {
    await using redis = await stand({ backend })
    const account = { tenant: 'acme', email: 'eve' }
    const counted = await Promise.all(
      Array.from({ length: 40 }, () =>
        new Attempts(redisClient({ url: redis.server.url, token: TOKEN }, 2_000)).countWrong(account),
      ),
    )
    expect(counted.filter((refusal) => refusal === undefined)).toHaveLength(LIMIT)
  })
})
