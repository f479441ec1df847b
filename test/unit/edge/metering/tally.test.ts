import { expect, test } from 'vitest'
import { EdgeTally } from '../../../../src/edge/metering/tally.ts'

const REQUEST = { method: 'GET', route: '/api/posts', status: 200, durationMs: 4 }
const REFUSED = { ...REQUEST, status: 429, verdict: { policy: 'tenant', outcome: 'refused' } } as const

test('requests are counted by method, route and status, with how long they took', () => {
  const tally = new EdgeTally()
  tally.count(REQUEST, 1)
  tally.count({ ...REQUEST, durationMs: 6 }, 1)
  tally.count({ ...REQUEST, status: 404 }, 1)
  const { requests } = tally.take() ?? { requests: [] }
  expect(requests.map(({ status, duration }) => [status, duration.sum])).toEqual([
    [200, 10],
    [404, 4],
  ])
})

test('what was taken is not there any more', () => {
  const tally = new EdgeTally()
  tally.count(REFUSED, 1)
  tally.take()
  expect(tally.take()).toBeUndefined()
  tally.count(REQUEST, 1)
  expect(tally.take()).toMatchObject({ decisions: [], refused: [] })
})

test("the limiter's decisions are counted by policy and outcome", () => {
  const tally = new EdgeTally()
  for (let n = 0; n < 3; n++) {
    tally.count({ ...REQUEST, verdict: { policy: 'address', outcome: 'passed' } }, 1)
  }
  tally.count({ ...REFUSED, tenant: 'acme' }, 1)
  expect(tally.take()?.decisions).toEqual([
    { policy: 'address', outcome: 'passed', count: 3 },
    { policy: 'tenant', outcome: 'refused', count: 1 },
  ])
})

test('a hundred refused tenants are named and all refusals are counted', () => {
  const tally = new EdgeTally()
  for (let n = 0; n < 150; n++) tally.count({ ...REFUSED, tenant: `t-${n}` }, n)
  tally.count({ ...REFUSED, tenant: 't-7' }, 900)
  const taken = tally.take()
  expect(taken?.refused).toHaveLength(100)
  expect(taken?.refused[7]).toEqual({ tenant: 't-7', policy: 'tenant', refused: 2, last_at: 900 })
  expect(taken?.decisions).toEqual([{ policy: 'tenant', outcome: 'refused', count: 151 }])
})
