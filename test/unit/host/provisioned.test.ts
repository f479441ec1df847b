import { expect, test } from 'vitest'
import { Provisioned } from '../../../src/host/provisioned.ts'
import { settle } from '../support/clock.ts'

test('requests of one tenant share one attempt, and what is there is not made again', async () => {
  const provisioned = new Provisioned()
  let attempts = 0
  const provision = async () => {
    attempts++
    await settle()
  }
  await Promise.all([1, 2, 3].map(() => provisioned.ensure('a', provision)))
  await provisioned.ensure('a', provision)
  expect(attempts).toBe(1)
})

test('tenants are provisioned apart', async () => {
  const provisioned = new Provisioned()
  const made: string[] = []
  for (const id of ['a', 'b', 'a']) {
    await provisioned.ensure(id, async () => {
      made.push(id)
    })
  }
  expect(made).toEqual(['a', 'b'])
})

test('a failed attempt fails for everybody who shared it, and the next request tries again', async () => {
  const provisioned = new Provisioned()
  let attempts = 0
  const provision = async () => {
    attempts++
    await settle()
    if (attempts === 1) throw new Error('no')
  }
  const outcomes = await Promise.allSettled([
    provisioned.ensure('a', provision),
    provisioned.ensure('a', provision),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await provisioned.ensure('a', provision)
  expect(attempts).toBe(2)
})

test('of more than ten thousand tenants the least recently used is forgotten and provisioned again', async () => {
  const provisioned = new Provisioned()
  const made: string[] = []
  const ensure = (id: string) =>
    provisioned.ensure(id, async () => {
      made.push(id)
    })
  for (let count = 0; count < 10_000; count++) await ensure(`t${count}`)
  await ensure('t0')
  await ensure('t10000')
  made.length = 0
  await ensure('t10000')
  await ensure('t0')
  await ensure('t1')
  expect(made).toEqual(['t1'])
})
