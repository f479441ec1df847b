import { scryptSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { Guesses, type GuessLimit } from '../../../src/sign-in/guesses.ts'
import { Passwords } from '../../../src/sign-in/passwords.ts'
import { Turns } from '../../../src/sign-in/turns.ts'

const CHEAP = { ln: 1, r: 1, p: 1 }
const LIMIT = 10
const stored = new Passwords({ cost: CHEAP }).hash('right')

/** Redis: whether it answers is drawn for each command, and when it answers is the scheduler's. */
function limitOf(scheduler: fc.Scheduler, answers: () => boolean) {
  const counted = new Map<string, number>()
  const ask = async <T>(label: string, answer: () => T): Promise<T> => {
    const isUp = answers()
    const result = isUp ? answer() : undefined
    await scheduler.schedule(Promise.resolve(), label)
    if (!isUp) throw new Error('no Redis')
    return result as T
  }
  const limit: GuessLimit = {
    refusalOf: ({ email }) =>
      ask('look', () => ((counted.get(email) ?? 0) >= LIMIT ? { until: 60_000 } : undefined)),
    countWrong: ({ email }) =>
      ask('count', () => {
        const wrong = counted.get(email) ?? 0
        if (wrong >= LIMIT) return { until: 60_000 }
        counted.set(email, wrong + 1)
        return undefined
      }),
  }
  return { limit, counted }
}

function guessesOf(scheduler: fc.Scheduler, turns = new Turns(1_000)) {
  const derive = vi.fn(scryptSync)
  const guesses = new Guesses({
    turns,
    compute: (work) => scheduler.schedule(Promise.resolve(), 'hash').then(work),
    passwords: new Passwords({ cost: CHEAP, derive }),
    now: () => 0,
  })
  return { guesses, derive }
}

const emails = ['ada', 'eve']
const guess = fc.record({
  email: fc.constantFrom(...emails),
  isRight: fc.boolean(),
  /** Which of two objects of one name it comes to, should there ever be two. */
  object: fc.constantFrom(0, 0, 0, 1),
})
const history = fc.array(guess, { minLength: 1, maxLength: 60 })

/** What became of each guess of a history whose guesses all come at once. */
async function play(
  guesses: readonly { email: string; isRight: boolean; object: number }[],
  { scheduler, limit, objects }: { scheduler: fc.Scheduler; limit: GuessLimit; objects: Guesses[] },
) {
  const told = Promise.all(
    guesses.map(async ({ email, isRight, object }) => {
      const outcome = await objects[object % objects.length]
        ?.verify({ tenant: 'acme', email }, { password: isRight ? 'right' : 'wrong', stored }, limit)
        .then(
          ({ ok }) => (ok ? 'right' : 'wrong'),
          (problem) => String(problem.code),
        )
      return { email, isRight, outcome }
    }),
  )
  await scheduler.waitFor(told)
  return told
}

test('whatever comes at once, fails and in which order: wrong passwords are told at most ten times and each is counted, right ones never', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      history,
      fc.infiniteStream(fc.integer({ min: 0, max: 4 })),
      async (scheduler, guesses, chance) => {
        const { limit, counted } = limitOf(scheduler, () => chance.next().value !== 0)
        const objects = [guessesOf(scheduler).guesses, guessesOf(scheduler).guesses]
        const told = await play(guesses, { scheduler, limit, objects })
        for (const email of emails) {
          const of = told.filter((one) => one.email === email)
          const wrong = of.filter(({ outcome }) => outcome === 'wrong').length
          expect(wrong).toBe(counted.get(email) ?? 0)
          expect(wrong).toBeLessThanOrEqual(LIMIT)
          const isLocked = wrong >= LIMIT
          for (const { isRight, outcome } of of) {
            expect(isRight ? outcome !== 'wrong' : outcome !== 'right').toBe(true)
            if (outcome === 'too_many_attempts') expect(isLocked).toBe(true)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('with all passwords of an account at one object, no password beyond the limit is as much as hashed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), history, async (scheduler, guesses) => {
      const { limit } = limitOf(scheduler, () => true)
      const object = guessesOf(scheduler)
      const told = await play(guesses, { scheduler, limit, objects: [object.guesses] })
      const hashed = told.filter(({ outcome }) => outcome === 'right' || outcome === 'wrong').length
      expect(object.derive).toHaveBeenCalledTimes(hashed)
      for (const email of emails) {
        const of = told.filter((one) => one.email === email)
        // They have their turns in the order in which they came: the tenth wrong one is the last that is told anything.
        let wrong = 0
        for (const { isRight, outcome } of of) {
          expect(outcome).toBe(wrong >= LIMIT ? 'too_many_attempts' : isRight ? 'right' : 'wrong')
          if (outcome === 'wrong') wrong++
        }
      }
    }),
    { numRuns: 200 },
  )
})

/** An object that hashes at once. */
function unscheduled() {
  const derive = vi.fn(scryptSync)
  const guesses = new Guesses({
    turns: new Turns(16),
    compute: async (work) => work(),
    passwords: new Passwords({ cost: CHEAP, derive }),
    now: () => 0,
  })
  return { guesses, derive }
}

test('an account that is refused costs no hash, and neither does a limit that cannot be asked', async () => {
  const { guesses, derive } = unscheduled()
  const account = { tenant: 'acme', email: 'ada' }
  const refusing: GuessLimit = {
    refusalOf: async () => ({ until: 60_000 }),
    countWrong: async () => undefined,
  }
  await expect(guesses.verify(account, { password: 'right', stored }, refusing)).rejects.toMatchObject({
    code: 'too_many_attempts',
    retryAfter: 60,
  })
  const down: GuessLimit = { ...refusing, refusalOf: () => Promise.reject(new Error('no Redis')) }
  await expect(guesses.verify(account, { password: 'right', stored }, down)).rejects.toMatchObject({
    code: 'sign_in_unavailable',
  })
  expect(derive).not.toHaveBeenCalled()
})

test('an unknown user’s guesses are counted like a user’s, by the same work', async () => {
  const { guesses, derive } = unscheduled()
  const counted: string[] = []
  const limit: GuessLimit = {
    refusalOf: async () => undefined,
    countWrong: async ({ email }) => void counted.push(email),
  }
  for (const hash of [undefined, stored]) {
    const account = { tenant: 'acme', email: hash ? 'ada' : 'unknown' }
    expect((await guesses.verify(account, { password: 'wrong', stored: hash }, limit)).ok).toBe(false)
  }
  expect(counted).toEqual(['unknown', 'ada'])
  expect(derive).toHaveBeenCalledTimes(2)
})
