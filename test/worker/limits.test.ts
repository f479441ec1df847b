import { afterEach, describe, expect, it } from 'vitest'
import { as, asAdmin, clearFaults, headersOf, newTenant, until, workerWith } from './support.ts'

interface Problem {
  code: string
  detail: string
  request_id: string
}

afterEach(clearFaults)

describe('a pool at its limit', () => {
  it('gives a waiter the connection that is returned, and tells the others pool_timeout with Retry-After', async () => {
    const tenant = newTenant('postgres')
    const holders = Array.from({ length: 20 }, () => as(tenant, '/api/test/hold?ms=20000'))
    await until(
      () => fleet(tenant),
      (pool) => pool?.used === 20,
    )
    const waiters = await Promise.all(Array.from({ length: 5 }, () => as<Problem>(tenant, '/api/posts')))
    for (const { status, headers, body } of waiters) {
      expect(status).toBe(503)
      expect(body.code).toBe('pool_timeout')
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(headers.get('content-type')).toBe('application/problem+json')
    }
    const served = as(tenant, '/api/posts')
    await until(
      () => fleet(tenant),
      (pool) => pool?.waiting === 1,
    )
    expect((await as(newTenant('postgres'), '/api/test/cancel-holds', 'POST', {})).status).toBe(200)
    expect((await served).status).toBe(200)
    // Their statements were cancelled; their connections were kept.
    expect((await Promise.all(holders)).map((one) => one.status)).toEqual(
      Array.from({ length: 20 }, () => 504),
    )
    await until(
      () => fleet(tenant),
      (pool) => pool?.used === 0 && pool.waiting === 0,
    )
  })

  it('refuses at once, as pool_queue_full, who comes when ten times its size already wait', async () => {
    const tenant = newTenant('postgres')
    // All are to meet the pool at once, and not one after the other as Redis has counted them.
    const unlimited = workerWith({ RATE_LIMITS: 'off' })
    await unlimited('/api/posts', headersOf(tenant))
    const answers = await Promise.all(
      Array.from({ length: 260 }, () => unlimited<Problem>('/api/test/hold?ms=150', headersOf(tenant))),
    )
    const refused = answers.filter((one) => one.status === 503)
    // 20 are served at a time and 200 may wait, whatever the order in which the requests arrive.
    expect(refused.length).toBeGreaterThanOrEqual(1)
    expect(refused.every((one) => one.body.code === 'pool_queue_full')).toBe(true)
    expect(answers.filter((one) => one.status === 200)).toHaveLength(260 - refused.length)
    await until(
      () => fleet(tenant),
      (pool) => pool?.used === 0 && pool.waiting === 0,
    )
  })
})

interface Pool {
  tenant: string
  used: number
  waiting: number
}

/** The tenant's pool as the fleet's statistics show it, without a request to its host. */
async function fleet(tenant: string): Promise<Pool | undefined> {
  const { body } = await asAdmin<{ hosts: { pools: Pool[] }[] }>('/metrics/db-pool')
  return body.hosts.flatMap((host) => host.pools).find((pool) => pool.tenant === tenant)
}
