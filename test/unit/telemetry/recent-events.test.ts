import { expect, test } from 'vitest'
import type { NotedEvent } from '../../../src/telemetry/events.ts'
import { RecentEvents } from '../../../src/telemetry/recent-events.ts'

const event = (n: number): NotedEvent => ({ at: `${n}`, event: 'pool.opened', level: 'info' })
const times = (events: readonly NotedEvent[]) => events.map(({ at }) => at)

function noted(count: number): RecentEvents {
  const events = new RecentEvents()
  for (let n = 0; n < count; n++) events.note(event(n))
  return events
}

test('hands out each event once, the oldest first', () => {
  const events = noted(3)
  expect(times(events.take(2))).toEqual(['0', '1'])
  expect(times(events.take(2))).toEqual(['2'])
  expect(events.take(2)).toEqual([])
})

test('takes back what could not be delivered, before what came since', () => {
  const events = noted(2)
  const taken = events.take(2)
  events.note(event(2))
  events.putBack(taken)
  expect(times(events.take(9))).toEqual(['0', '1', '2'])
})

test('keeps the latest two hundred when nobody comes for them', () => {
  const events = noted(250)
  events.putBack([event(-1)])
  const kept = times(events.take(1_000))
  expect(kept).toHaveLength(200)
  expect([kept[0], kept.at(-1)]).toEqual(['50', '249'])
})
