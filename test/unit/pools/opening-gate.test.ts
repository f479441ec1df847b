import { expect, test } from 'vitest'
import { OpeningGate } from '../../../src/pools/opening-gate.ts'
import { settle } from '../support/clock.ts'

test('lets in as many as its limit and no more', () => {
  const gate = new OpeningGate(2)
  expect([gate.tryEnter(), gate.tryEnter(), gate.tryEnter()]).toEqual([true, true, false])
  expect(gate.inside).toBe(2)
})

test('a place that is left can be taken again', () => {
  const gate = new OpeningGate(1)
  gate.tryEnter()
  gate.leave()
  expect(gate.inside).toBe(0)
  expect(gate.tryEnter()).toBe(true)
})

test('who waits first enters first, one for each place that is left', async () => {
  const gate = new OpeningGate(1)
  gate.tryEnter()
  const order: number[] = []
  for (const id of [1, 2, 3]) void gate.enter().then(() => order.push(id))
  await settle()
  expect(order).toEqual([])
  gate.leave()
  await settle()
  expect(order).toEqual([1])
  gate.leave()
  gate.leave()
  await settle()
  expect(order).toEqual([1, 2, 3])
  expect(gate.inside).toBe(1)
})

test('a place that is not wanted any more goes to the next who waits', async () => {
  const gate = new OpeningGate(1)
  gate.tryEnter()
  let calls = 0
  gate.whenFree(() => calls++)
  const entered = gate.enter()
  gate.leave()
  await entered
  expect(calls).toBe(1)
  expect(gate.inside).toBe(1)
})

test('a retry is called once, however many places come free', () => {
  const gate = new OpeningGate(2)
  gate.tryEnter()
  gate.tryEnter()
  let calls = 0
  gate.whenFree(() => calls++)
  gate.leave()
  gate.leave()
  expect(calls).toBe(1)
  expect(gate.inside).toBe(0)
})
