import { expect, test } from 'vitest'
import { Slots } from '../../../src/sign-in/slots.ts'

test('as many slots as there are can be taken at once, and what is given back can be taken again', () => {
  const slots = new Slots(2)
  const first = slots.take()
  slots.take()
  expect(() => slots.take()).toThrow(expect.objectContaining({ code: 'sign_in_busy' }))
  first[Symbol.dispose]()
  slots.take()
  expect(() => slots.take()).toThrow(expect.objectContaining({ code: 'sign_in_busy' }))
})
