import { expect, test } from 'vitest'
import { OpeningGate } from '../../../src/pools/opening-gate.ts'
import { Openings } from '../../../src/pools/openings.ts'

function started(holders: number) {
  const gate = new OpeningGate(10)
  const openings = new Openings(gate)
  const all = Array.from({ length: holders }, () => ({}))
  for (const holder of all) {
    gate.tryEnter()
    openings.begin(holder)
  }
  return { gate, openings, all }
}

test('an opening has a place in the gate until its connection is open', () => {
  const { gate, openings, all } = started(1)
  expect([openings.size, gate.inside]).toEqual([1, 1])
  openings.opened()
  expect([openings.size, gate.inside]).toEqual([0, 0])
  openings.end(all[0] ?? {})
  expect([openings.size, gate.inside]).toEqual([0, 0])
})

test('an opening that failed gives its place back', () => {
  const { gate, openings, all } = started(2)
  openings.end(all[0] ?? {})
  expect([openings.size, gate.inside]).toEqual([1, 1])
})

test('ending twice gives one place back', () => {
  const { gate, openings, all } = started(2)
  openings.end(all[0] ?? {})
  openings.end(all[0] ?? {})
  expect([openings.size, gate.inside]).toEqual([1, 1])
})

test('a connection that nobody asked for takes no place from the gate', () => {
  const { gate, openings } = started(0)
  gate.tryEnter()
  openings.opened()
  expect([openings.size, gate.inside]).toEqual([0, 1])
})

test('in whatever order openings succeed and fail, every place is given back exactly once', () => {
  const orders = [
    ['opened', 'end 0', 'end 1'],
    ['end 0', 'opened', 'end 1'],
    ['opened', 'end 1', 'end 0'],
    ['opened', 'opened', 'end 1', 'end 0'],
    ['opened', 'opened', 'opened', 'end 0', 'end 1'],
  ]
  for (const order of orders) {
    const { gate, openings, all } = started(2)
    for (const step of order) {
      if (step === 'opened') openings.opened()
      else openings.end(all[Number(step.slice(-1))] ?? {})
      expect(gate.inside, step).toBe(openings.size)
    }
    expect([openings.size, gate.inside], order.join(', ')).toEqual([0, 0])
  }
})
