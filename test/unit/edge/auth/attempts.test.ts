import { expect, test } from 'vitest'
import { Slots } from '../../../../src/edge/auth/slots.ts'
import { tooManyAttempts } from '../../../../src/sign-in/attempts.ts'

test('who has to wait is told how long', () => {
  expect(tooManyAttempts({ until: 61_000 }, 1_000)).toMatchObject({
    code: 'too_many_attempts',
    retryAfter: 60,
  })
})

test('as many slots as there are can be taken at once, and what is given back can be taken again', () => {
  const slots = new Slots(2)
  const first = slots.take()
  slots.take()
  expect(() => slots.take()).toThrow(expect.objectContaining({ code: 'sign_in_busy' }))
  first[Symbol.dispose]()
  slots.take()
  expect(() => slots.take()).toThrow(expect.objectContaining({ code: 'sign_in_busy' }))
})
