import { afterEach, describe, expect, it } from 'vitest'
import { as, asAdmin, clearFaults, ENGINES, newTenant, until } from './support.ts'

interface PoolView {
  pools: [{ size: number; used: number; waiting: number; connections_created: number; leases: number }]
}

const MAX_SIZE = 20

afterEach(clearFaults)

describe.each(ENGINES)('a tenant on %s', (engine) => {
  it('runs requests, one after the other and 20 at once, on connections of one pool', async () => {
    const tenant = newTenant(engine)
    const ids: number[] = []
    for (let n = 0; n < 20; n++) {
      const { status, body } = await as<{ id: number }>(tenant, '/api/test/connection')
      expect(status).toBe(200)
      ids.push(body.id)
    }
    const serial = new Set(ids)
    expect(serial.size).toBeLessThanOrEqual(MAX_SIZE)

    const atOnce = await Promise.all(
      Array.from({ length: 20 }, () => as<{ id: number }>(tenant, '/api/test/connection')),
    )
    const again = await Promise.all(
      Array.from({ length: 20 }, () => as<{ id: number }>(tenant, '/api/test/connection')),
    )
    const all = new Set([...ids, ...atOnce.map((one) => one.body.id), ...again.map((one) => one.body.id)])
    expect(all.size).toBeLessThanOrEqual(MAX_SIZE)
    // The connections of the first rounds are the ones that come back.
    expect(again.some((one) => serial.has(one.body.id))).toBe(true)

    const { body } = await asAdmin<PoolView>(`/admin/connections/${tenant}`)
    expect(body.pools[0].connections_created).toBeLessThanOrEqual(MAX_SIZE)
    expect(body.pools[0].leases).toBeGreaterThanOrEqual(60)
  })
})

describe('100 requests at once that each hold the database for 100 ms', () => {
  it('go through a pool of 20 in about five rounds, and the waiting is visible meanwhile', async () => {
    const tenant = newTenant('postgres')
    // Warm: 20 connections are open before the clock starts, since none is back before the last one has been opened.
    await Promise.all(Array.from({ length: MAX_SIZE }, () => as(tenant, '/api/test/hold?ms=500')))

    const started = Date.now()
    const requests = Array.from({ length: 100 }, () =>
      as<{ wait_ms: number }>(tenant, '/api/test/hold?ms=100'),
    )
    const seen = until(
      () => asAdmin<{ primary: { waiting: number; used: number } }>('/metrics/db-pool'),
      ({ body }) => body.primary.waiting > 0 && body.primary.used === MAX_SIZE,
    )
    const answers = await Promise.all(requests)
    const elapsed = Date.now() - started
    console.info(`100 x 100 ms through a pool of 20: ${elapsed} ms`)

    expect(answers.every((one) => one.status === 200)).toBe(true)
    expect(elapsed).toBeGreaterThanOrEqual(490)
    // One connection would take twenty times as long.
    expect(elapsed).toBeLessThan(100 * 100)
    expect((await seen).body.primary.waiting).toBeGreaterThan(0)
    await until(
      () => asAdmin<PoolView>(`/admin/connections/${tenant}`),
      // The question itself runs on a connection of the pool, which is back by the time of the numbers.
      ({ body }) => body.pools[0].used === 0 && body.pools[0].waiting === 0,
    )
  })
})
