import { afterEach, describe, expect, it, vi } from 'vitest'
import { as, newTenant } from './support.ts'

const REQUESTS = 100

/** Timers of the host's own that may be set in the meantime: reports, counts, time-outs that share one. */
const OTHERS = 10

afterEach(() => {
  vi.restoreAllMocks()
})

// One that was set and cancelled in an object stays in its memory for as long as the object lives
// (workerd src/workerd/io/io-context.c++, `TimeoutManagerImpl::clearTimeout`, 2026-11).
describe.each(['postgres'] as const)('a warm pool on %s', (engine) => {
  it(`sets no timer of the runtime for each of ${REQUESTS} requests`, async () => {
    const tenant = newTenant(engine)
    const request = async () => {
      const { status } = await as(tenant, '/api/test/connection')
      expect(status).toBe(200)
    }
    await request()
    const setTimeout = vi.spyOn(globalThis, 'setTimeout')
    const setInterval = vi.spyOn(globalThis, 'setInterval')
    for (let n = 0; n < REQUESTS; n++) await request()
    const timers = setTimeout.mock.calls.length + setInterval.mock.calls.length
    console.info(`on ${engine}: ${timers} timers in ${REQUESTS} requests`)
    expect(timers).toBeLessThanOrEqual(OTHERS)
  })
})
