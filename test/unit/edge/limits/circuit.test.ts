import { expect, test } from 'vitest'
import { Circuit, type CircuitState } from '../../../../src/edge/limits/circuit.ts'

function circuitAt(start = 0) {
  let now = start
  const changes: CircuitState[] = []
  const circuit = new Circuit(
    () => now,
    (state) => changes.push(state),
  )
  let tried = 0
  return {
    circuit,
    changes,
    tried: () => tried,
    pass: (ms: number) => {
      now += ms
    },
    run: (answers: boolean) =>
      circuit.run(async () => {
        tried++
        if (!answers) throw new Error('no answer')
        return 'answer'
      }),
  }
}

test('what works comes through', async () => {
  const { run, changes } = circuitAt()
  expect(await run(true)).toBe('answer')
  expect(changes).toEqual([])
})

test('after five failures in a row it is asked once per pause only', async () => {
  const { run, tried, pass } = circuitAt()
  for (let n = 0; n < 8; n++) expect(await run(false)).toBeUndefined()
  expect(tried()).toBe(5)
  pass(999)
  await run(false)
  expect(tried()).toBe(5)
  pass(1)
  await run(false)
  await run(false)
  expect(tried()).toBe(6)
  pass(2_000)
  expect(await run(true)).toBe('answer')
  expect(await run(true)).toBe('answer')
})

test('those that were under way when it tripped do not make the pause longer', async () => {
  const { run, tried, pass } = circuitAt()
  await Promise.all(Array.from({ length: 32 }, () => run(false)))
  expect(tried()).toBe(32)
  pass(1_000)
  expect(await run(true)).toBe('answer')
})

test('a change of state is told once, not once per request', async () => {
  const { run, pass, changes, circuit } = circuitAt()
  for (let n = 0; n < 40; n++) {
    await run(false)
    pass(250)
  }
  expect(changes).toEqual(['failing'])
  expect(circuit.state).toBe('failing')
  pass(30_000)
  for (let n = 0; n < 40; n++) {
    await run(true)
    pass(250)
  }
  expect(changes).toEqual(['failing', 'working'])
})

test('one that fails every other time is told of once', async () => {
  const { run, pass, changes } = circuitAt()
  for (let n = 0; n < 100; n++) {
    await run(n % 2 === 0)
    pass(100)
  }
  expect(changes).toEqual(['failing'])
})
