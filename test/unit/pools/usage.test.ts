import { expect, test } from 'vitest'
import type { PooledConnection } from '../../../src/engines/engine.ts'
import { RequestUsage } from '../../../src/pools/request-usage.ts'
import { FakeHost, problemOf } from '../support/host.ts'

const usageOf = (requestId: string) => new RequestUsage({ requestId, traceId: 't' })

/** Has a statement end on a connection of the first pool. */
function ends(
  host: FakeHost,
  connection: PooledConnection,
  durationMs: number,
  shape = () => 'SELECT ?',
): void {
  host.engine.pools[0]?.hooks.commandEnded({ connection, durationMs, shape })
}

test("statements count for the request that holds the connection, and nobody else's", async () => {
  const host = new FakeHost()
  const [first, second] = [usageOf('1'), usageOf('2')]
  const lease = await host.lease('a', {}, { usage: first })
  const other = await host.lease('a', {}, { usage: second })
  ends(host, lease.connection, 30)
  ends(host, lease.connection, 12)
  ends(host, other.connection, 5)
  const { connection } = lease
  await lease.release()
  ends(host, connection, 100)
  expect([first.spent(), second.spent()]).toEqual([{ dbMs: 42 }, { dbMs: 5 }])
})

test('a slow statement is told with its shape and its request; of others no shape is made', async () => {
  const host = new FakeHost({ slowQueryMs: 200 })
  const lease = await host.lease('a', {}, { usage: usageOf('1') })
  ends(host, lease.connection, 199, () => expect.unreachable())
  ends(host, lease.connection, 200, () => 'SELECT $1')
  expect(host.notices).toEqual([
    expect.objectContaining({ event: 'query.slow', durationMs: 200, statement: 'SELECT $1' }),
  ])
  expect(host.notices[0]?.holder).toMatchObject({ tenant: 'a', usage: { requestId: '1', traceId: 't' } })
  expect(host.cache.statistics()[0]?.slow_queries).toBe(1)
})

test('who waited in vain is told, with why', async () => {
  const host = new FakeHost()
  await using _held = await host.lease('a', { maxSize: 1 })
  const late = problemOf(host.lease('a', { maxSize: 1 }, { timeoutMs: 100, usage: usageOf('1') }))
  await host.clock.advance(100)
  expect((await late).code).toBe('pool_timeout')
  expect(host.notices).toEqual([
    expect.objectContaining({ event: 'lease.timeout', code: 'pool_timeout', waitMs: 100 }),
  ])
})

test('a caller who goes away is no timeout', async () => {
  const host = new FakeHost()
  await using _held = await host.lease('a', { maxSize: 1 })
  const away = new AbortController()
  const left = problemOf(host.lease('a', { maxSize: 1 }, { client: away }))
  away.abort()
  expect((await left).code).toBe('client_closed_request')
  expect(host.notices).toEqual([])
})

test('waiting adds up, and a connection counts as reused when all were', () => {
  const usage = usageOf('1')
  expect(usage.spent()).toEqual({})
  usage.waited(3)
  usage.leased(true)
  expect(usage.spent()).toEqual({ waitMs: 3, reused: true })
  usage.waited(4)
  usage.leased(false)
  usage.leased(true)
  expect(usage.spent()).toEqual({ waitMs: 7, reused: false })
})
