import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { meterOf } from '../../src/edge/meter.ts'
import type { Delivery, MeterView, RequestSeries } from '../../src/meter/delivery.ts'
import { as, newTenant, send, until } from './support.ts'

const view = async (): Promise<MeterView> => meterOf(env).view()

function countOf({ requests }: MeterView, kind: Omit<RequestSeries, 'duration'>): number {
  const { method, route, status } = kind
  const one = requests.find(
    (each) => each.method === method && each.route === route && each.status === status,
  )
  return (one?.duration.counts ?? []).reduce((sum, count) => sum + count, 0)
}

function deliveryOf(isolate: string, sequence: number, overrides: Partial<Delivery> = {}): Delivery {
  const duration = { counts: [0, 1], sum: 1 }
  const requests = [{ method: 'GET', route: `/${isolate}`, status: 200, duration }]
  return { isolate, sequence, requests, decisions: [], refused: [], ...overrides }
}

it('requests are counted by the pattern of their route, those of tenants too, and unknown paths as one', async () => {
  const tenant = newTenant('mongo')
  const missing = { method: 'GET', route: '/api/posts/:post_id', status: 404 }
  const unknown = { method: 'GET', route: 'unknown', status: 404 }
  const before = await view()
  await as(tenant, '/api/posts/6b0154733cc9e9e3e9c425e1')
  await as(tenant, '/api/posts/6b0154733cc9e9e3e9c425e2?x=1')
  for (const path of ['/nowhere', '/nowhere/else', '/api/nowhere']) await as(tenant, path)
  await send('/health/live')
  await until(
    view,
    (now) =>
      countOf(now, missing) === countOf(before, missing) + 2 &&
      countOf(now, unknown) === countOf(before, unknown) + 3 &&
      countOf(now, { method: 'GET', route: '/health/live', status: 200 }) >= 1,
  )
})

it('a delivery counts once however often it comes, also after a reset', async () => {
  const isolate = crypto.randomUUID()
  const kind = { method: 'GET', route: `/${isolate}`, status: 200 }
  await meterOf(env).deliver(deliveryOf(isolate, 1))
  await meterOf(env).deliver(deliveryOf(isolate, 1))
  expect(countOf(await view(), kind)).toBe(1)
  await evictDurableObject(meterOf(env))
  await meterOf(env).deliver(deliveryOf(isolate, 1))
  expect(countOf(await view(), kind)).toBe(1)
  await meterOf(env).deliver(deliveryOf(isolate, 2))
  expect(countOf(await view(), kind)).toBe(2)
})

it('tenants that were refused are shown for 15 minutes, the most refused first', async () => {
  const isolate = crypto.randomUUID()
  const now = Date.now()
  const refusal = (tenant: string, refused: number, last_at = now) => {
    return { tenant: `${isolate}-${tenant}`, policy: 'tenant', refused, last_at }
  }
  const refused = [refusal('a', 3), refusal('b', 9), refusal('old', 50, now - 16 * 60_000)]
  await meterOf(env).deliver(deliveryOf(isolate, 1, { refused }))
  await meterOf(env).deliver(
    deliveryOf(isolate, 2, { refused: [refusal('a', 8, now - 120_000), refusal('a', 1)] }),
  )
  const shown = async () => (await view()).refused.filter(({ tenant }) => tenant.startsWith(isolate))
  expect(await shown()).toEqual([refusal('a', 12), refusal('b', 9)])
  await evictDurableObject(meterOf(env))
  expect(await shown()).toEqual([refusal('a', 12), refusal('b', 9)])
})

it('at most 100 refused tenants are shown', async () => {
  const isolate = crypto.randomUUID()
  const refused = Array.from({ length: 150 }, (_, n) => ({
    tenant: `${isolate}-${n}`,
    policy: 'tenant',
    refused: 1,
    last_at: Date.now(),
  }))
  await meterOf(env).deliver(deliveryOf(isolate, 1, { refused }))
  expect((await view()).refused).toHaveLength(100)
  await runInDurableObject(meterOf(env), (_, state) => state.storage.sql.exec('DELETE FROM refusals'))
})
