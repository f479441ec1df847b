import { expect, test } from 'vitest'
import { Reporter } from '../../../src/host/reporter.ts'
import { FakeClock, settle } from '../support/clock.ts'

/** A reporter, the times of its reports and switches for what it meets. */
function reporting() {
  const clock = new FakeClock()
  const started = clock.now()
  const world = {
    live: false,
    fails: false,
    urgent: false,
    nextReportMs: 250,
    hold: undefined as Promise<void> | undefined,
  }
  const sent: number[] = []
  const reporter = new Reporter({
    clock,
    random: () => 0.5,
    isLive: () => world.live,
    isUrgent: () => world.urgent,
    send: async () => {
      sent.push(clock.now() - started)
      await world.hold
      if (world.fails) throw new Error('no Ledger')
      return { nextReportMs: world.nextReportMs }
    },
  })
  return { clock, reporter, sent, world }
}

test('nothing is reported while nothing changes and nothing is open', async () => {
  const { clock, sent } = reporting()
  await clock.advance(3_600_000)
  expect(sent).toEqual([])
  expect(clock.timers).toBe(0)
})

test('what is urgent is reported almost at once, however long the Ledger wants to be left alone', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.nextReportMs = 10_000
  reporter.changed()
  await clock.advance(100)
  // Waits for its turn, until something urgent comes along.
  reporter.changed()
  await clock.advance(900)
  expect(sent).toEqual([50])
  world.urgent = true
  reporter.changed()
  await clock.advance(50)
  expect(sent).toEqual([50, 1_050])
})

test('a Ledger that does not answer is not asked more often for what is urgent', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.fails = true
  world.urgent = true
  reporter.changed()
  await clock.advance(50)
  for (let at = 0; at < 9_000; at += 100) {
    reporter.changed()
    await clock.advance(100)
  }
  expect(sent).toEqual([50])
})

test('the first change is reported almost at once, with what follows on its heels', async () => {
  const { clock, reporter, sent } = reporting()
  reporter.changed()
  await clock.advance(40)
  reporter.changed()
  await clock.advance(9)
  expect(sent).toEqual([])
  await clock.advance(1)
  expect(sent).toEqual([50])
  await clock.advance(60_000)
  expect(sent).toEqual([50])
  expect(clock.timers).toBe(0)
})

test('further changes go into one report per interval, however many they are', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.nextReportMs = 1_000
  for (let ms = 0; ms < 3_000; ms += 10) {
    reporter.changed()
    await clock.advance(10)
  }
  expect(sent).toEqual([50, 1_050, 2_050])
})

test('a change long after the last report does not wait for the interval', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.nextReportMs = 1_000
  reporter.changed()
  await clock.advance(5_000)
  reporter.changed()
  await clock.advance(50)
  expect(sent).toEqual([50, 5_050])
})

test('the interval is the one that the Ledger asked for last', async () => {
  const { clock, reporter, sent, world } = reporting()
  reporter.changed()
  await clock.advance(50)
  reporter.changed()
  world.nextReportMs = 5_000
  await clock.advance(250)
  reporter.changed()
  await clock.advance(4_999)
  expect(sent).toEqual([50, 300])
  await clock.advance(1)
  expect(sent).toEqual([50, 300, 5_300])
})

test('a heartbeat goes out within thirty seconds while something is open, and none afterwards', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.live = true
  reporter.changed()
  await clock.advance(60_000)
  expect(sent).toEqual([50, 28_550, 57_050])
  world.live = false
  await clock.advance(3_600_000)
  expect(sent).toHaveLength(4)
  expect(clock.timers).toBe(0)
})

test('a change does not wait for the heartbeat', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.live = true
  reporter.changed()
  await clock.advance(10_000)
  reporter.changed()
  await clock.advance(50)
  expect(sent).toEqual([50, 10_050])
})

test('a change during a report goes into the next one', async () => {
  const { clock, reporter, sent, world } = reporting()
  const { promise, resolve } = Promise.withResolvers<void>()
  world.hold = promise
  reporter.changed()
  await clock.advance(50)
  reporter.changed()
  await clock.advance(500)
  expect(sent).toEqual([50])
  resolve()
  await clock.advance(50)
  expect(sent).toEqual([50, 600])
})

test('reports are spaced out while the Ledger cannot be reached, and as usual once it can', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.fails = true
  world.live = true
  for (let ms = 0; ms < 20_050; ms += 50) {
    reporter.changed()
    await clock.advance(50)
  }
  expect(sent).toEqual([50, 10_050, 20_050])
  world.fails = false
  await clock.advance(10_000)
  expect(sent).toEqual([50, 10_050, 20_050, 30_050])
  reporter.changed()
  await clock.advance(250)
  reporter.changed()
  await clock.advance(250)
  expect(sent).toEqual([50, 10_050, 20_050, 30_050, 30_300, 30_550])
})

test('a failed report is made up for although nothing changed since', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.fails = true
  world.live = true
  reporter.changed()
  await clock.advance(50)
  world.fails = false
  await clock.advance(30_000)
  expect(sent).toEqual([50, 10_050])
})

test('the last report of a host with nothing open is tried three times more, and then let be', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.fails = true
  reporter.changed()
  await clock.advance(600_000)
  expect(sent).toEqual([50, 10_050, 20_050, 30_050])
})

test('flush reports now and resolves when the Ledger has it', async () => {
  const { clock, reporter, sent, world } = reporting()
  world.nextReportMs = 10_000
  reporter.changed()
  await clock.advance(50)
  reporter.changed()
  await clock.advance(1)
  await reporter.flush()
  expect(sent).toEqual([50, 51])
  await clock.advance(20_000)
  expect(sent).toEqual([50, 51])
})

test('flush during a report sends another, because that one shows an older state', async () => {
  const { clock, reporter, sent, world } = reporting()
  const { promise, resolve } = Promise.withResolvers<void>()
  world.hold = promise
  reporter.changed()
  await clock.advance(50)
  let flushed = false
  const flushing = reporter.flush().then(() => {
    flushed = true
  })
  await settle()
  expect([sent, flushed]).toEqual([[50], false])
  resolve()
  await flushing
  expect(sent).toEqual([50, 50])
})

test('flush resolves although the Ledger cannot be reached', async () => {
  const { reporter, sent, world } = reporting()
  world.fails = true
  await reporter.flush()
  expect(sent).toEqual([0])
})

test.each([0, -1, Number.NaN, null as unknown as number, Number.POSITIVE_INFINITY])(
  'a Ledger that wants the next report in %j ms, and corrects every one, is called once a second at most',
  async (nextReportMs) => {
    const clock = new FakeClock()
    let sent = 0
    const reporter: Reporter = new Reporter({
      clock,
      random: () => 0,
      isLive: () => true,
      isUrgent: () => false,
      send: async () => {
        sent++
        // What the answer changes is to be told in turn.
        queueMicrotask(() => reporter.changed())
        return { nextReportMs, grants: [{ pool: 'a#1', size: 1, revision: sent }] }
      },
    })
    reporter.changed()
    await clock.advance(60_000)
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThanOrEqual(62)
  },
)
