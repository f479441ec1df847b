import { beforeEach, expect, test } from 'vitest'
import type { TenantRecord } from '../../../src/tenants/record.ts'
import { RecordCache } from '../../../src/tenants/record-cache.ts'
import { FakeClock, settle } from '../support/clock.ts'
import { problemOf } from '../support/host.ts'
import { recordOf } from '../support/tenants.ts'

let clock: FakeClock
let cache: RecordCache
let kept: Map<string, TenantRecord>
let reads: string[]
let failing: boolean
let readMs: number
let failures: string[]

beforeEach(() => {
  clock = new FakeClock()
  failures = []
  cache = new RecordCache({
    clock,
    onFailure: (id, stale) => failures.push(stale ? `${id} stale` : id),
  })
  kept = new Map([['a', recordOf('a')]])
  reads = []
  failing = false
  readMs = 0
})

async function read(id: string): Promise<TenantRecord | null> {
  reads.push(id)
  if (readMs > 0) await new Promise<void>((resolve) => clock.after(readMs, resolve))
  if (failing) throw new Error('redis is down')
  return kept.get(id) ?? null
}

const find = (id: string, inBackground?: (work: Promise<unknown>) => void) =>
  cache.find(id, () => read(id), inBackground)

test('a warm request has the record at once and reads nothing', async () => {
  await find('a')
  await clock.advance(29_999)
  expect(find('a')).toEqual(recordOf('a'))
  expect(reads).toEqual(['a'])
})

test('a change made elsewhere is known 30 s after the last reading, not later', async () => {
  await find('a')
  kept.set('a', recordOf('a', { status: 'suspended' }))
  await clock.advance(30_000)
  expect(await find('a')).toMatchObject({ status: 'suspended' })
})

test('a tenant that is in use is read anew in the background, once, before its record is too old', async () => {
  await find('a')
  kept.set('a', recordOf('a', { tier: 'premium' }))
  await clock.advance(20_000)
  readMs = 10
  const work: Promise<unknown>[] = []
  const inBackground = (one: Promise<unknown>) => work.push(one)
  expect(find('a', inBackground)).toMatchObject({ tier: 'free' })
  expect(find('a', inBackground)).toMatchObject({ tier: 'free' })
  expect(work).toHaveLength(1)
  await clock.advance(10)
  expect(find('a', inBackground)).toMatchObject({ tier: 'premium' })
  expect(reads).toEqual(['a', 'a'])
})

test('requests that come at once share one reading', async () => {
  readMs = 40
  const found = Promise.all(Array.from({ length: 50 }, () => find('a')))
  await clock.advance(80)
  expect(new Set((await found).map((record) => record?.id))).toEqual(new Set(['a']))
  expect(reads).toEqual(['a'])
  expect(clock.timers).toBe(0)
})

test('a reading whose request was cancelled is taken over by another', async () => {
  const neverEnding = () => new Promise<TenantRecord>(() => {})
  void cache.find('a', neverEnding)
  const found = find('a')
  await clock.advance(2_499)
  expect(reads).toEqual([])
  await clock.advance(80)
  expect(await found).toEqual(recordOf('a'))
})

test('that there is no record is believed for 5 s', async () => {
  expect(await find('b')).toBeNull()
  kept.set('b', recordOf('b'))
  await clock.advance(4_999)
  expect(find('b')).toBeNull()
  await clock.advance(1)
  expect(await find('b')).toEqual(recordOf('b'))
})

test('a record is used past its time while the directory is down, and who is new is refused', async () => {
  await find('a')
  await find('b')
  failing = true
  await clock.advance(3_600_000)
  expect(await find('a')).toEqual(recordOf('a'))
  expect(await problemOf(Promise.resolve(find('b')))).toMatchObject({ code: 'directory_unavailable' })
  expect(await problemOf(Promise.resolve(find('c')))).toMatchObject({ code: 'directory_unavailable' })
  expect(failures).toEqual(['a stale', 'b', 'c'])
})

test('a suspended tenant stays suspended while the directory is down', async () => {
  kept.set('a', recordOf('a', { status: 'suspended' }))
  await find('a')
  failing = true
  await clock.advance(60_000)
  expect(await find('a')).toMatchObject({ status: 'suspended' })
})

test('a directory that is down is asked once a second for a tenant, whoever comes', async () => {
  failing = true
  readMs = 100
  const refused = Promise.all(Array.from({ length: 20 }, () => problemOf(Promise.resolve(find('a')))))
  await clock.advance(200)
  expect(new Set((await refused).map((problem) => problem.code))).toEqual(new Set(['directory_unavailable']))
  expect(reads).toEqual(['a'])
  failing = false
  await clock.advance(1_000)
  const found = Promise.resolve(find('a'))
  await clock.advance(100)
  expect(await found).toEqual(recordOf('a'))
})

test('what was written here is known here at once, also against a reading that began before', async () => {
  await find('a')
  await clock.advance(30_000)
  readMs = 50
  const old = Promise.resolve(find('a'))
  await settle()
  cache.put(recordOf('a', { tier: 'enterprise' }))
  await clock.advance(50)
  await old
  expect(find('a')).toMatchObject({ tier: 'enterprise' })
})

test('what was deleted here is asked for anew', async () => {
  await find('a')
  kept.delete('a')
  cache.forget('a')
  expect(await find('a')).toBeNull()
})

test('at most 10,000 tenants are remembered', async () => {
  for (let n = 0; n < 10_050; n++) await find(`t-${n}`)
  expect(cache.size).toBe(10_000)
})
