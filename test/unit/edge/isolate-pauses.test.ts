import { beforeEach, expect, test } from 'vitest'
import { IsolatePauses } from '../../../src/edge/isolate-pauses.ts'
import type { Pauses } from '../../../src/pools/pauses.ts'
import { FakeClock, settle } from '../support/clock.ts'
import { problemOf } from '../support/host.ts'

let clock: FakeClock
let pauses: IsolatePauses
let kept: Pauses
let reads: number
let failing: boolean

beforeEach(() => {
  clock = new FakeClock()
  pauses = new IsolatePauses(clock)
  kept = pausesOf(1)
  reads = 0
  failing = false
})

function pausesOf(revision: number, ...tenants: string[]): Pauses {
  return { revision, fleetSince: null, tenants: new Map(tenants.map((tenant) => [tenant, 0])) }
}

function pass(tenant: string, maxWaiting = 10): Promise<void> {
  const read = async () => {
    reads++
    if (failing) throw new Error('reset')
    return kept
  }
  return pauses.pass({ tenant, maxWaiting, timeoutMs: 3_000, read })
}

test('a pause is known within five seconds, and nobody is asked in between', async () => {
  await pass('a')
  kept = pausesOf(2, 'a')
  await clock.advance(4_999)
  await pass('a')
  expect(reads).toBe(1)
  await clock.advance(1)
  const refused = problemOf(pass('a'))
  await clock.advance(3_000)
  expect(await refused).toMatchObject({ code: 'paused' })
})

test('who waits goes on within a second of the resume, and one asks for all', async () => {
  kept = pausesOf(1, 'a')
  const passed = Promise.all([pass('a'), pass('a'), pass('a')])
  await settle()
  const before = reads
  kept = pausesOf(2)
  await clock.advance(1_000)
  await passed
  expect(reads).toBe(before + 1)
  expect(clock.timers).toBe(0)
})

test('as many requests of a tenant wait as may, and their places come back', async () => {
  kept = pausesOf(1, 'a')
  const first = problemOf(pass('a', 1))
  await settle()
  expect(await problemOf(pass('a', 1))).toMatchObject({ code: 'pool_queue_full' })
  await clock.advance(3_000)
  expect(await first).toMatchObject({ code: 'paused' })
  const again = problemOf(pass('a', 1))
  await clock.advance(3_000)
  expect(await again).toMatchObject({ code: 'paused' })
})

test('goes by what it knows when the Ledger is away, and holds nobody up when it knows nothing', async () => {
  failing = true
  await pass('a')
  failing = false
  kept = pausesOf(1, 'a')
  await clock.advance(5_000)
  await pass('b')
  failing = true
  await clock.advance(5_000)
  await pass('b')
  const refused = problemOf(pass('a'))
  await clock.advance(3_000)
  expect(await refused).toMatchObject({ code: 'paused' })
})
