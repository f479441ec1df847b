import { expect, test } from 'vitest'
import { tooManyAttempts } from '../../../src/sign-in/attempts.ts'

test('a refusal for too many attempts says how long it holds', () => {
  expect(tooManyAttempts({ until: 61_000 }, 1_000)).toMatchObject({
    code: 'too_many_attempts',
    retryAfter: 60,
  })
})
