import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { Deliveries } from '../../../../src/edge/metering/deliveries.ts'
import { EdgeTally } from '../../../../src/edge/metering/tally.ts'
import type { Delivery } from '../../../../src/meter/delivery.ts'
import { Senders } from '../../../../src/meter/senders.ts'
import { Totals } from '../../../../src/meter/totals.ts'
import { RecentEvents } from '../../../../src/telemetry/recent-events.ts'

const REQUEST = { method: 'GET', route: '/api/posts', status: 200, durationMs: 4 }

let now: number
let tally: EdgeTally
let deliveries: Deliveries
let events: RecentEvents

beforeEach(() => {
  now = 1_000_000
  tally = new EdgeTally()
  events = new RecentEvents()
  deliveries = new Deliveries({ tally, events, now: () => now, name: () => 'isolate-1' })
})

const count = (times = 1) => {
  for (let n = 0; n < times; n++) tally.count(REQUEST, now)
}
const delivered = () => {
  const delivery = deliveries.next()
  if (!delivery) throw new Error('nothing to deliver')
  return delivery
}

test('one request delivers for all, after a moment in which others join', () => {
  count(3)
  expect(deliveries.undertake()).toBe(50)
  expect(deliveries.undertake()).toBeUndefined()
  expect(delivered()).toMatchObject({ isolate: 'isolate-1', sequence: 1 })
})

test('the next delivery waits for as long as the Meter said', () => {
  count()
  deliveries.undertake()
  deliveries.acknowledged(delivered(), { nextDeliveryMs: 2_000 })
  now += 500
  expect(deliveries.undertake()).toBe(1_500)
})

test('what was not acknowledged is sent again as it was, under its number; what came since follows', () => {
  count(2)
  deliveries.undertake()
  const first = delivered()
  deliveries.failed()
  count(5)
  expect(deliveries.undertake()).toBe(10_000)
  expect(deliveries.next()).toBe(first)
  deliveries.acknowledged(first, { nextDeliveryMs: 2_000 })
  expect(delivered()).toMatchObject({ sequence: 2, requests: [{ duration: { sum: 20 } }] })
})

test('a request that was stopped on its way to the Meter is replaced by another', () => {
  count()
  deliveries.undertake()
  deliveries.next()
  now += 10_051
  expect(deliveries.undertake()).toBe(50)
})

test('nothing is delivered when nothing was counted', () => {
  expect(deliveries.next()).toBeUndefined()
})

test('the Meter counts every request once, whatever is lost on the way there or back', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('count' as const), times: fc.nat({ max: 5 }) }),
    fc.record({ kind: fc.constant('send' as const), arrives: fc.boolean(), answered: fc.boolean() }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      tally = new EdgeTally()
      deliveries = new Deliveries({ tally, events, now: () => now, name: () => 'isolate-1' })
      const totals = new Totals()
      const senders = new Senders()
      const take = (delivery: Delivery) => {
        if (senders.note(delivery, now)) totals.add(delivery)
      }
      let counted = 0
      const send = (arrives: boolean, answered: boolean) => {
        const delivery = deliveries.next()
        if (!delivery) return
        if (arrives) take(delivery)
        if (arrives && answered) deliveries.acknowledged(delivery, { nextDeliveryMs: 0 })
        else deliveries.failed()
      }
      for (const one of steps) {
        if (one.kind === 'send') send(one.arrives, one.answered)
        else {
          count(one.times)
          counted += one.times
        }
      }
      send(true, true)
      send(true, true)
      const seen = totals.counts().requests.flatMap(({ duration }) => duration.counts)
      expect(seen.reduce((sum, one) => sum + one, 0)).toBe(counted)
    }),
  )
})

test('what was logged goes with a delivery, and again with the same one when it was not acknowledged', () => {
  events.note({ at: '1', event: 'limiter.down', level: 'error' })
  count()
  const first = delivered()
  expect(first.events).toMatchObject([{ event: 'limiter.down' }])
  deliveries.failed()
  expect(delivered()).toBe(first)
  deliveries.acknowledged(first, { nextDeliveryMs: 0 })
  count()
  expect(delivered()).not.toHaveProperty('events')
})
