import { beforeEach, expect, test } from 'vitest'
import { PauseGate } from '../../../src/pools/pause-gate.ts'
import type { Pauses } from '../../../src/pools/pauses.ts'
import { FakeClock, settle } from '../support/clock.ts'
import { problemOf, requestOf } from '../support/host.ts'

let clock: FakeClock
let gate: PauseGate
/** What the keeper of the pauses answers. */
let kept: Pauses
let read: () => Promise<Pauses>
let reads: number
let reported: boolean
let changes: number

beforeEach(() => {
  clock = new FakeClock()
  kept = pausesOf(1)
  read = async () => kept
  reads = 0
  reported = false
  changes = 0
  gate = new PauseGate({
    clock,
    read: () => {
      reads++
      return read()
    },
    isReported: () => reported,
    onChange: () => {
      changes++
    },
  })
})

function pausesOf(revision: number, tenants: readonly string[] = [], fleet = false): Pauses {
  return { revision, fleetSince: fleet ? 5 : null, tenants: new Map(tenants.map((tenant) => [tenant, 5])) }
}

/** The names of those who have passed, in order. */
function passing(...tenants: string[]): string[] {
  const passed: string[] = []
  for (const tenant of tenants) void gate.pass(requestOf(tenant)).then(() => passed.push(tenant))
  return passed
}

test('asks once for all who come first, and never again while the host is reported', async () => {
  const passed = passing('a', 'b', 'c')
  await settle()
  reported = true
  await gate.pass(requestOf('a'))
  expect(passed).toEqual(['a', 'b', 'c'])
  expect(reads).toBe(1)
  expect(clock.timers).toBe(0)
})

test('asks again when nobody would have told it of a change', async () => {
  await gate.pass(requestOf('a'))
  kept = pausesOf(2, ['a'])
  const passed = passing('a')
  await settle()
  expect(passed).toEqual([])
  expect(gate.held).toBe(1)
})

test('holds the requests of paused tenants and of nobody else, until they are resumed', async () => {
  kept = pausesOf(1, ['a', 'b', 'constructor'])
  const passed = passing('a', 'b', 'c', 'constructor', 'a')
  await settle()
  expect(passed).toEqual(['c'])
  expect(gate.held).toBe(4)
  gate.apply(pausesOf(2, ['b']))
  await settle()
  expect(passed).toEqual(['c', 'a', 'a', 'constructor'])
  expect(gate.held).toBe(1)
  gate.apply(pausesOf(3))
  await settle()
  expect(passed.at(-1)).toBe('b')
  expect(clock.timers).toBe(0)
})

test('a pause of the fleet holds everybody, and what it leaves paused stays held', async () => {
  kept = pausesOf(1, ['a'], true)
  const passed = passing('a', 'b')
  await settle()
  expect(gate.held).toBe(2)
  gate.apply(pausesOf(2, ['a']))
  await settle()
  expect(passed).toEqual(['b'])
})

test('a pause that arrives late does not undo the resume that came after it', async () => {
  reported = true
  await gate.pass(requestOf('a'))
  gate.apply(pausesOf(3))
  gate.apply(pausesOf(2, ['a']))
  await gate.pass(requestOf('a'))
  expect(gate.held).toBe(0)
})

test('a pause that overtakes the answer to the first question holds', async () => {
  const { promise, resolve } = Promise.withResolvers<Pauses>()
  read = () => promise
  const passed = passing('a')
  gate.apply(pausesOf(2, ['a']))
  resolve(pausesOf(1))
  await settle()
  expect(passed).toEqual([])
  expect(gate.held).toBe(1)
})

test('what it is told while nobody would tell it more is not kept', async () => {
  gate.apply(pausesOf(2, ['a']))
  await gate.pass(requestOf('a'))
  expect(reads).toBe(1)
})

test('knows that it missed a change', async () => {
  expect(gate.isBehind(9)).toBe(false)
  await gate.pass(requestOf('a'))
  expect(gate.isBehind(1)).toBe(false)
  expect(gate.isBehind(2)).toBe(true)
})

test('who is held for its whole time is told so, and when to come back', async () => {
  kept = pausesOf(1, ['a'])
  const refused = problemOf(gate.pass(requestOf('a', { timeoutMs: 3_000 })))
  await clock.advance(2_999)
  expect(gate.held).toBe(1)
  await clock.advance(1)
  expect(await refused).toMatchObject({ code: 'paused', status: 503, retryAfter: 5 })
  expect(gate.held).toBe(0)
  // Once when it began to be held, once when it ceased to be.
  expect(changes).toBe(2)
})

test('as many requests of a tenant are held as may wait, whatever others do', async () => {
  kept = pausesOf(1, [], true)
  const two = { maxWaiting: 2 }
  for (const tenant of ['a', 'a', 'b']) void gate.pass(requestOf(tenant, two))
  await settle()
  expect(await problemOf(gate.pass(requestOf('a', two)))).toMatchObject({ code: 'pool_queue_full' })
  void gate.pass(requestOf('b', two))
  await settle()
  expect(gate.held).toBe(4)
})

test('who goes away is held no longer', async () => {
  kept = pausesOf(1, ['a'])
  const caller = new AbortController()
  const left = problemOf(gate.pass(requestOf('a', { client: caller })))
  await settle()
  caller.abort()
  expect(await left).toMatchObject({ code: 'client_closed_request' })
  expect([gate.held, clock.timers]).toEqual([0, 0])
  const gone = gate.pass(requestOf('a', { client: caller }))
  expect(await problemOf(gone)).toMatchObject({ code: 'client_closed_request' })
})

test('holds nobody up when it cannot know, and asks anew after a while', async () => {
  read = () => Promise.reject(new Error('reset'))
  await gate.pass(requestOf('a'))
  await gate.pass(requestOf('a'))
  expect(reads).toBe(1)
  await clock.advance(5_000)
  read = () => new Promise(() => {})
  const unanswered = gate.pass(requestOf('a'))
  await clock.advance(1_000)
  await unanswered
  kept = pausesOf(1, ['a'])
  read = async () => kept
  await clock.advance(5_000)
  const held = problemOf(gate.pass(requestOf('a', { timeoutMs: 100 })))
  await settle()
  expect([reads, gate.held]).toEqual([3, 1])
  await clock.advance(100)
  expect(await held).toMatchObject({ code: 'paused' })
})
