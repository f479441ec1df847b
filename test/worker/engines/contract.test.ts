import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { EngineHooks, EnginePool, PooledConnection, Target } from '../../../src/engines/engine.ts'
import { loadEngine } from '../../../src/engines/load.ts'
import { systemClock } from '../../../src/pools/clock.ts'
import { clearFaults, cut, ENGINES, setFault, until, withWrongPassword } from '../support.ts'

/** What every engine owes the pool above it, shown on the real driver and the real server. */

const variables = env as unknown as Record<string, string>

const TARGETS: Record<(typeof ENGINES)[number], Target> = {
  postgres: {
    engine: 'postgres',
    url: variables.DB_PRIMARY_DB_URL ?? '',
    wsProxy: variables.NEON_WS_PROXY?.split(',')[0],
  },
  mongo: { engine: 'mongo', url: variables.MONGODB_URI ?? '' },
}

const open: EnginePool[] = []

afterEach(async () => {
  await clearFaults()
  for (const pool of open.splice(0)) await pool.close(true)
})

/** Opens a pool and counts what it tells. */
async function openPool(
  engine: (typeof ENGINES)[number],
  options: { target?: Target; commandTimeoutMs?: number } = {},
) {
  const seen = { opened: 0, openedAfterMs: [] as number[], closed: 0, failed: 0, commands: 0 }
  const hooks: EngineHooks = {
    connectionOpened: (durationMs) => {
      seen.opened++
      seen.openedAfterMs.push(durationMs)
    },
    connectionClosed: () => seen.closed++,
    connectionFailed: () => seen.failed++,
    commandEnded: () => seen.commands++,
  }
  const loaded = await loadEngine(engine)
  const pool = await loaded.open(
    options.target ?? TARGETS[engine],
    {
      appName: 'rockpool/contract',
      minSize: 1,
      maxSize: 4,
      largestSize: 4,
      commandTimeoutMs: options.commandTimeoutMs ?? 5_000,
      connectTimeoutMs: 2_000,
      maxIdleMs: 60_000,
      maxUses: 1_000,
      lifetime: () => 600_000,
      ...systemClock,
    },
    hooks,
  )
  open.push(pool)
  return { pool, seen }
}

const ask = (connection: PooledConnection) => connection.ping(2_000)

describe.each(ENGINES)('the %s engine', (engine) => {
  it('opens with one connection made and checked', async () => {
    const { pool, seen } = await openPool(engine)
    expect(pool.counts().size).toBeGreaterThanOrEqual(1)
    expect(seen.opened).toBeGreaterThanOrEqual(1)
    expect(seen.failed).toBe(0)
  })

  it('tells how long opening a connection took', async () => {
    await setFault(engine, { delayMs: 100 })
    const started = Date.now()
    const { seen } = await openPool(engine)
    expect(seen.openedAfterMs[0]).toBeGreaterThanOrEqual(100)
    expect(seen.openedAfterMs[0]).toBeLessThanOrEqual(Date.now() - started)
  })

  it('refuses to open, with a Problem, where nobody listens', async () => {
    await setFault(engine, { refuse: true })
    await expect(openPool(engine)).rejects.toMatchObject({ name: 'Problem', code: 'database_unavailable' })
  })

  it('refuses to open, with a Problem and at once, with a wrong password', async () => {
    const target = TARGETS[engine]
    const opening = openPool(engine, { target: { ...target, url: withWrongPassword(target.url) } })
    // A refusal is an answer: one that was waited for until the connect timeout would be database_unavailable.
    await expect(opening).rejects.toMatchObject({ name: 'Problem', code: 'database_refused' })
  })

  it('refuses to open within the connect timeout where nobody answers', async () => {
    await setFault(engine, { blackhole: true })
    const started = Date.now()
    await expect(openPool(engine)).rejects.toMatchObject({ code: 'database_unavailable' })
    expect(Date.now() - started).toBeLessThan(15_000)
  })

  it('counts what is used and what is free, and tells of commands', async () => {
    const { pool, seen } = await openPool(engine)
    const checkouts = await Promise.all([pool.checkout(), pool.checkout(), pool.checkout()])
    await Promise.all(checkouts.map(({ connection }) => ask(connection)))
    expect(pool.counts().size).toBeLessThanOrEqual(4)
    expect(seen.commands).toBe(3)
    for (const checkout of checkouts) await checkout.release(true)
    expect(pool.counts().used).toBe(0)
    expect(pool.counts().free).toBe(pool.counts().size)
  })

  it('says when a connection was last used, so that a long idle one can be asked first', async () => {
    const { pool } = await openPool(engine)
    const first = await pool.checkout()
    await ask(first.connection)
    await first.release(true)
    const second = await pool.checkout()
    expect(second.lastUsedAt).toBeLessThanOrEqual(Date.now())
    await second.release(true)
  })

  it("shows its application name and the server's own counts", async () => {
    const { pool } = await openPool(engine)
    const { connection, release } = await pool.checkout()
    const server = await connection.serverConnections()
    await release(true)
    expect(server).not.toBeNull()
    expect(server?.current).toBeGreaterThanOrEqual(1)
    expect(server?.max).toBeGreaterThan(server?.current ?? 0)
    if (engine === 'postgres') expect(server?.ours).toBe(pool.counts().size)
  })

  it('ends a statement that the server does not answer, at the command timeout', async () => {
    const { pool } = await openPool(engine, { commandTimeoutMs: 500 })
    const { connection, release } = await pool.checkout()
    await ask(connection)
    await setFault(engine, { blackhole: true })
    const started = Date.now()
    await expect(ask(connection)).rejects.toMatchObject({ code: 'database_timeout' })
    expect(Date.now() - started).toBeLessThan(15_000)
    await clearFaults()
    await release(true)
    const next = await pool.checkout()
    await ask(next.connection)
    await next.release(true)
  })

  it('loses a statement with connection_lost when the server hangs up, and goes on with a new connection', async () => {
    const { pool, seen } = await openPool(engine)
    const { connection, release } = await pool.checkout()
    await ask(connection)
    await setFault(engine, { delayMs: 800 })
    // The MongoDB driver repeats a lost read by itself; a command by hand it does not.
    const lost = expect(ask(connection)).rejects.toMatchObject({ code: 'connection_lost' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    await cut(engine)
    await lost
    await clearFaults()
    await release(true)
    await until(
      async () => seen.closed,
      (closed) => closed >= 1,
    )
    const next = await pool.checkout()
    await ask(next.connection)
    await next.release(true)
  })

  it('waits for running statements before a connection goes back', async () => {
    const { pool } = await openPool(engine)
    const { connection, release } = await pool.checkout()
    await setFault(engine, { delayMs: 300 })
    const running = ask(connection).then(() => 'ended')
    await release(true)
    const soon = new Promise((resolve) => setTimeout(resolve, 50, 'running'))
    expect(await Promise.race([running, soon])).toBe('ended')
  })

  it('closes with no connection left', async () => {
    const { pool, seen } = await openPool(engine)
    const { connection, release } = await pool.checkout()
    await ask(connection)
    await release(true)
    await pool.close(false)
    await until(
      async () => seen.closed,
      (closed) => closed === seen.opened,
    )
    // An orderly end is no failure.
    expect(seen.failed).toBe(0)
    await expect(pool.checkout().then(({ connection: late }) => ask(late))).rejects.toMatchObject({
      name: 'Problem',
    })
  })
})
