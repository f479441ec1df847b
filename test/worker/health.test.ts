import { afterEach, describe, expect, it } from 'vitest'
import { clearFaults, cut, send, setFault, until } from './support.ts'

interface Health {
  status: string
  services: {
    database: {
      healthy: boolean
      pools: Record<string, { status: string; size: number; latency_ms: number }>
    }
    mongo: { healthy: boolean; latency_ms: number }
    redis: { healthy: boolean; latency_ms: number }
  }
}

const health = () => send<Health>('/health')

afterEach(clearFaults)

describe('health', () => {
  it('is healthy when every service answers', async () => {
    const { status, body } = await until(health, (answer) => answer.body.status === 'healthy')
    expect(status).toBe(200)
    expect(body.services.database.pools.primary).toMatchObject({
      status: 'healthy',
      latency_ms: expect.any(Number),
    })
    expect(body.services.mongo.healthy).toBe(true)
    expect(body.services.redis.healthy).toBe(true)
  })

  it.each([
    ['postgres', (body: Health) => body.services.database.healthy],
    ['mongo', (body: Health) => body.services.mongo.healthy],
  ] as const)(
    'is unhealthy, 503, without %s, and healthy again when it is back',
    async (service, healthy) => {
      await setFault(service, { refuse: true })
      await cut(service)
      const { status, body } = await until(health, (answer) => answer.body.status === 'unhealthy', 25_000)
      expect(status).toBe(503)
      expect(healthy(body)).toBe(false)
      await clearFaults()
      await until(health, (answer) => answer.status === 200, 15_000)
    },
  )

  it('is degraded, and still 200, without Redis', async () => {
    await setFault('redis', { refuse: true })
    await cut('redis')
    const { status, body } = await until(health, (answer) => answer.body.status === 'degraded')
    expect(status).toBe(200)
    expect(body.services.redis.healthy).toBe(false)
  })

  it('of a silent database is known within its own timeout', async () => {
    await setFault('mongo', { blackhole: true })
    const started = Date.now()
    await until(health, (answer) => answer.body.status === 'unhealthy', 25_000)
    expect(Date.now() - started).toBeLessThan(25_000)
  })

  it('names no host, no tenant and no secret', async () => {
    const { body } = await health()
    expect(JSON.stringify(body)).not.toMatch(/dedicated|pg-|mg-|127\.0\.0\.1|postgres:\/\/|mongodb:\/\//)
  })

  it('of the Worker alone touches nothing', async () => {
    await setFault('postgres', { refuse: true })
    await setFault('mongo', { refuse: true })
    expect((await send('/health/live')).body).toEqual({ status: 'alive' })
  })
})
