import { describe, expect, test } from 'vitest'
import type { EnginePool } from '../../../src/engines/engine.ts'
import { settle } from '../support/clock.ts'
import { CONNECT_TIMEOUT_MS, LIFETIME_MS, MAX_IDLE_MS, startedPool } from '../support/postgres-pool.ts'

const checkouts = (pool: EnginePool, count: number) =>
  Promise.all(Array.from({ length: count }, () => pool.checkout()))

describe('a checkout', () => {
  test('takes the free connection that was used last, and opens one only where none is free', async () => {
    const { pool, clock, told } = startedPool()
    const [first, second] = await checkouts(pool, 2)
    expect(first?.lastUsedAt).toBeUndefined()
    await first?.release(true)
    await clock.advance(10)
    await second?.release(true)
    const again = await pool.checkout()
    expect(again.lastUsedAt).toBe(clock.now())
    expect(pool.counts()).toEqual({ size: 2, free: 1, used: 1 })
    expect(told.opened).toHaveLength(2)
  })

  test('waits in a full pool for what comes back, or for room', async () => {
    const { pool, driver } = startedPool({ maxSize: 1 })
    const held = await pool.checkout()
    const [second, third] = [pool.checkout(), pool.checkout()]
    await held.release(true)
    const returned = await second
    expect(driver.clients).toHaveLength(1)
    await returned.release(false)
    await third
    expect(driver.clients).toHaveLength(2)
    expect(pool.counts()).toEqual({ size: 1, free: 0, used: 1 })
  })

  test('waits in a full pool no longer than an opening may take, nor beyond the end of the pool', async () => {
    const { pool, clock } = startedPool({ maxSize: 1 })
    await pool.checkout()
    const late = expect(pool.checkout()).rejects.toMatchObject({ code: 'pool_timeout' })
    await clock.advance(CONNECT_TIMEOUT_MS)
    await late
    const ended = expect(pool.checkout()).rejects.toMatchObject({ code: 'pool_closed' })
    void pool.close(false)
    await ended
  })
})

describe('an opening', () => {
  test('is told with the time that it took itself', async () => {
    const { pool, clock, driver, told } = startedPool()
    driver.isHeld = true
    const first = pool.checkout()
    await clock.advance(100)
    const second = pool.checkout()
    await clock.advance(50)
    // The second one is open first.
    for (const client of driver.clients.toReversed()) {
      client.answer()
      client.answer()
      await settle()
    }
    await Promise.all([first, second])
    expect(told.opened).toEqual([50, 150])
  })

  test('whose time runs out is ended, told as failed once, and of no use when it succeeds later', async () => {
    const { pool, clock, driver, told } = startedPool()
    driver.isHeld = true
    const late = expect(pool.checkout()).rejects.toMatchObject({ code: 'database_unavailable' })
    const [client] = driver.clients
    if (!client) throw new Error('no client')
    client.isSilent = true
    await clock.advance(CONNECT_TIMEOUT_MS)
    await late
    expect(client).toMatchObject({ hasEnded: true, isDestroyed: true })
    client.answer()
    client.answer()
    client.fail()
    await settle()
    expect(pool.counts().size).toBe(0)
    expect(told).toMatchObject({ opened: [], closed: 0, failed: 1 })
    expect(clock.timers).toBe(0)
  })

  test('that fails, or cannot even be begun, is a Problem, and gives its room back', async () => {
    const { pool, driver, told } = startedPool({ maxSize: 1 })
    const failing = expect(pool.checkout()).rejects.toMatchObject({ code: 'database_unavailable' })
    driver.clients[0]?.fail()
    await failing
    driver.cannotBegin = true
    await expect(pool.checkout()).rejects.toMatchObject({ code: 'database_unavailable' })
    driver.cannotBegin = false
    await pool.checkout()
    expect(told).toMatchObject({ failed: 2, closed: 0 })
  })
})

describe('a connection', () => {
  test('whose lifetime is over is closed at once when free, else when it comes back', async () => {
    const lifetimes = [LIFETIME_MS, 2 * LIFETIME_MS]
    const { pool, clock, told } = startedPool({ minSize: 2, lifetime: () => lifetimes.shift() ?? 0 })
    const [short, long] = await checkouts(pool, 2)
    await long?.release(true)
    await clock.advance(LIFETIME_MS)
    expect(pool.counts()).toEqual({ size: 2, free: 1, used: 1 })
    await short?.release(true)
    expect(pool.counts()).toEqual({ size: 1, free: 1, used: 0 })
    await clock.advance(LIFETIME_MS)
    expect(pool.counts().size).toBe(0)
    expect(told).toMatchObject({ closed: 2, failed: 0 })
    expect(clock.timers).toBe(0)
  })

  test('is closed after its last use', async () => {
    const { pool, driver } = startedPool({ maxUses: 3 })
    for (let use = 0; use < 7; use++) await (await pool.checkout()).release(true)
    expect(driver.clients.map(({ hasEnded }) => hasEnded)).toEqual([true, true, false])
  })

  test('that fails is told once as failed and once as closed, whether it is free or held', async () => {
    const { pool, driver, told } = startedPool()
    const [free, held] = await checkouts(pool, 2)
    await free?.release(true)
    driver.clients[0]?.fail()
    expect(told).toMatchObject({ closed: 1, failed: 1 })
    expect(pool.counts()).toEqual({ size: 1, free: 0, used: 1 })
    driver.clients[1]?.fail()
    await held?.release(true)
    expect(told).toMatchObject({ closed: 2, failed: 2 })
    expect(pool.counts()).toEqual({ size: 0, free: 0, used: 0 })
  })
})

describe('idle connections', () => {
  test('above the minimum are closed, those within it stay', async () => {
    const { pool, clock } = startedPool({ minSize: 1 })
    for (const { release } of await checkouts(pool, 3)) await release(true)
    await clock.advance(MAX_IDLE_MS - 1)
    expect(pool.counts().free).toBe(3)
    await clock.advance(1)
    expect(pool.counts()).toEqual({ size: 1, free: 1, used: 0 })
    await clock.advance(MAX_IDLE_MS)
    expect(pool.counts().size).toBe(1)
  })

  test('are those that were not used: what is used, or held, is not idle', async () => {
    const { pool, clock, driver } = startedPool()
    const [held, unused, used] = await checkouts(pool, 3)
    await unused?.release(true)
    await used?.release(true)
    for (let round = 0; round < 4; round++) {
      await clock.advance(MAX_IDLE_MS / 4)
      await (await pool.checkout()).release(true)
    }
    expect(driver.clients.map(({ hasEnded }) => hasEnded)).toEqual([false, true, false])
    await held?.release(true)
    await clock.advance(2 * MAX_IDLE_MS)
    expect(driver.live).toEqual([])
  })
})

describe('resizing', () => {
  test('closes free connections at once, and held ones when they come back', async () => {
    const { pool } = startedPool()
    const [first, second, third] = await checkouts(pool, 3)
    await first?.release(true)
    pool.resize(1)
    expect(pool.counts()).toEqual({ size: 2, free: 0, used: 2 })
    await second?.release(true)
    expect(pool.counts()).toEqual({ size: 1, free: 0, used: 1 })
    await third?.release(true)
    expect(pool.counts()).toEqual({ size: 1, free: 1, used: 0 })
  })

  test('lets in who waits for room', async () => {
    const { pool } = startedPool({ maxSize: 1 })
    await pool.checkout()
    const second = pool.checkout()
    pool.resize(2)
    await second
    expect(pool.counts().used).toBe(2)
  })
})

test('retiring the free connections closes them and no other', async () => {
  const { pool, told } = startedPool({ minSize: 4 })
  const [held, ...others] = await checkouts(pool, 4)
  for (const { release } of others) await release(true)
  await pool.retireFree()
  expect(pool.counts()).toEqual({ size: 1, free: 0, used: 1 })
  expect(told.closed).toBe(3)
  await held?.release(true)
  expect(pool.counts().free).toBe(1)
})

describe('closing', () => {
  test('waits for those that are held, and for those that are being opened', async () => {
    const { pool, clock, driver, told } = startedPool()
    const [held, free] = await checkouts(pool, 2)
    await free?.release(true)
    driver.isHeld = true
    const growing = expect(pool.grow()).rejects.toMatchObject({ code: 'pool_closed' })
    let isClosed = false
    const closed = pool.close(false).then(() => {
      isClosed = true
    })
    expect(pool.counts()).toEqual({ size: 1, free: 0, used: 1 })
    driver.clients[2]?.answer()
    driver.clients[2]?.answer()
    await growing
    expect(isClosed).toBe(false)
    await held?.release(true)
    await closed
    expect(driver.live).toEqual([])
    expect(told).toMatchObject({ closed: 3, failed: 0 })
    expect(clock.timers).toBe(0)
    await expect(pool.checkout()).rejects.toMatchObject({ code: 'pool_closed' })
  })

  test('by force waits for nobody, and leaves no connection and no time-out', async () => {
    const { pool, clock, driver, told } = startedPool()
    const [held, free] = await checkouts(pool, 2)
    await free?.release(true)
    await pool.close(true)
    expect(driver.live).toEqual([])
    expect(clock.timers).toBe(0)
    expect(told).toMatchObject({ closed: 2, failed: 0 })
    await held?.release(true)
    expect(told.closed).toBe(2)
    expect(pool.counts()).toEqual({ size: 0, free: 0, used: 0 })
  })
})
