import timers from 'node:timers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { as, ENGINES, newTenant } from './support.ts'

const REQUESTS = 100

/** Time-outs last this long at least, in ms; reports and looks at the minimum come sooner again, by time and not by request. */
const TIMEOUT_MS = 1_000

/** Of the host's own, for what many time-outs share, and of the driver's looks at its server. */
const OTHERS = 25

afterEach(() => {
  vi.restoreAllMocks()
})

// docs/decisions/0011
describe.each(ENGINES)('a warm pool on %s', (engine) => {
  it(`sets no time-out of the runtime for each of ${REQUESTS} requests`, async () => {
    const tenant = newTenant(engine)
    const request = async () => {
      const { status } = await as(tenant, '/api/test/connection')
      expect(status).toBe(200)
    }
    await request()
    // The runtime's own modules use the global ones, the MongoDB driver those of the module.
    const setters = [
      vi.spyOn(globalThis, 'setTimeout'),
      vi.spyOn(globalThis, 'setInterval'),
      vi.spyOn(timers, 'setTimeout'),
      vi.spyOn(timers, 'setInterval'),
    ]
    for (let n = 0; n < REQUESTS; n++) await request()
    const delays = setters.flatMap(({ mock }) => mock.calls.map(([, ms]) => Number(ms)))
    const timeouts = delays.filter((ms) => ms >= TIMEOUT_MS).length
    console.info(`on ${engine}: ${timeouts} time-outs of the runtime in ${REQUESTS} requests`)
    expect(timeouts).toBeLessThanOrEqual(OTHERS)
  })
})
