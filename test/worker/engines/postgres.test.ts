import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { Checkout, EnginePool } from '../../../src/engines/engine.ts'
import { postgres } from '../../../src/engines/postgres.ts'
import type { PostgresClient } from '../../../src/engines/postgres-client.ts'
import { systemClock } from '../../../src/pools/clock.ts'
import { clearFaults, setFault } from '../support.ts'

const variables = env as unknown as Record<string, string>
const open: EnginePool[] = []

afterEach(async () => {
  await clearFaults()
  for (const pool of open.splice(0)) await pool.close(true)
})

async function openPool(
  options: { maxUses?: number; maxSize?: number; url?: string; commandTimeoutMs?: number } = {},
) {
  const pool = await postgres.open(
    {
      engine: 'postgres',
      url: options.url ?? variables.DB_PRIMARY_DB_URL ?? '',
      wsProxy: variables.NEON_WS_PROXY?.split(',')[0],
    },
    {
      appName: 'rockpool/postgres-test',
      minSize: 1,
      maxSize: options.maxSize ?? 2,
      largestSize: options.maxSize ?? 2,
      commandTimeoutMs: options.commandTimeoutMs ?? 5_000,
      connectTimeoutMs: 2_000,
      maxIdleMs: 60_000,
      maxUses: options.maxUses ?? 1_000,
      lifetime: () => 600_000,
      ...systemClock,
    },
    { connectionOpened() {}, connectionClosed() {}, connectionFailed() {}, commandEnded() {} },
  )
  open.push(pool)
  return pool
}

async function pidOf({ connection }: Checkout<PostgresClient>): Promise<number> {
  const [row] = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return row?.pid ?? 0
}

describe('a new Postgres connection', () => {
  it('is to the server that the URL names, although the proxy stands before another', async () => {
    // One that has been opened already leaves nothing behind by which the next would go astray.
    await openPool()
    const elsewhere = new URL(variables.DB_PRIMARY_DB_URL ?? '')
    elsewhere.port = '1'
    await expect(openPool({ url: elsewhere.href })).rejects.toMatchObject({ code: 'database_unavailable' })
    elsewhere.hostname = 'db.example.com'
    await expect(openPool({ url: elsewhere.href })).rejects.toMatchObject({ code: 'database_unavailable' })
  })

  it('is set to UTC, bounded in time and named before its first use', async () => {
    const pool = await openPool({ commandTimeoutMs: 7_000 })
    const { connection, release } = await pool.checkout()
    const rows = await connection.query<Record<string, string>>(
      `SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS timeout,
              current_setting('application_name') AS name`,
    )
    expect(rows).toEqual([{ zone: 'UTC', timeout: '7s', name: 'rockpool/postgres-test' }])
    await release(true)
  })

  it('that does not get in leaves nothing open: wrong password, wrong database', async () => {
    const url = new URL(variables.DB_PRIMARY_DB_URL ?? '')
    url.password = 'wrong'
    await expect(openPool({ url: url.href })).rejects.toMatchObject({ code: 'database_refused' })
    url.href = variables.DB_PRIMARY_DB_URL ?? ''
    url.pathname = '/no_such_database'
    await expect(openPool({ url: url.href })).rejects.toMatchObject({ code: 'database_refused' })
  })
})

describe('a Postgres connection', () => {
  it('survives SQL errors that are not fatal, each with its own code', async () => {
    const pool = await openPool({ maxSize: 1 })
    const first = await pool.checkout()
    const pid = await pidOf(first)
    const { connection } = first
    await connection.batch(['CREATE TEMP TABLE once (id int PRIMARY KEY)', 'INSERT INTO once VALUES (1)'])
    const refused: [string, string][] = [
      ['SELEC 1', 'query_failed'],
      ['INSERT INTO once VALUES (1)', 'conflict'],
      ['INSERT INTO once VALUES (NULL)', 'unprocessable'],
      ["SELECT 'x'::int", 'unprocessable'],
      ['SELECT 1/0', 'unprocessable'],
    ]
    for (const [statement, code] of refused) {
      await expect(connection.query(statement)).rejects.toMatchObject({ name: 'Problem', code })
    }
    await first.release(true)
    const second = await pool.checkout()
    expect(await pidOf(second)).toBe(pid)
    await second.release(true)
  })

  it('is closed after a fatal error and replaced by another', async () => {
    const pool = await openPool({ maxSize: 1 })
    const first = await pool.checkout()
    const pid = await pidOf(first)
    await expect(
      first.connection.query('SELECT pg_terminate_backend(pg_backend_pid())'),
    ).rejects.toMatchObject({
      code: 'connection_lost',
    })
    expect(first.connection.isBroken).toBe(true)
    await first.release(true)
    const second = await pool.checkout()
    expect(await pidOf(second)).not.toBe(pid)
    await second.release(true)
  })

  it('runs into the statement timeout of the server with database_timeout, and is kept', async () => {
    const pool = await openPool({ maxSize: 1, commandTimeoutMs: 300 })
    const first = await pool.checkout()
    const pid = await pidOf(first)
    await expect(first.connection.query('SELECT pg_sleep(5)')).rejects.toMatchObject({
      code: 'database_timeout',
    })
    await first.release(true)
    const second = await pool.checkout()
    expect(await pidOf(second)).toBe(pid)
    await second.release(true)
  })

  it('that falls silent is given back as soon as its statement has timed out, and another is opened', async () => {
    const pool = await openPool({ maxSize: 1, commandTimeoutMs: 300 })
    const first = await pool.checkout()
    const pid = await pidOf(first)
    await setFault('postgres', { blackhole: true })
    // Nothing on it will be answered: all of it is lost with the first whose time is up.
    const codes = [first.connection.query('SELECT 1'), first.connection.query('SELECT 2')].map((asked) =>
      asked.catch(({ code }) => code),
    )
    await expect(first.connection.ping(100)).rejects.toMatchObject({ code: 'database_timeout' })
    expect(await Promise.all(codes)).toEqual(['connection_lost', 'connection_lost'])
    await first.release(true)
    expect(pool.counts()).toEqual({ size: 0, free: 0, used: 0 })
    const second = pool.checkout()
    await clearFaults()
    const { connection, release } = await second
    expect(await connection.query('SELECT pg_backend_pid() AS pid')).not.toEqual([{ pid }])
    await release(true)
  })

  it('is retired after its number of uses', async () => {
    const pool = await openPool({ maxSize: 1, maxUses: 3 })
    const pids: number[] = []
    for (let use = 0; use < 6; use++) {
      const checkout = await pool.checkout()
      pids.push(await pidOf(checkout))
      await checkout.release(true)
    }
    expect(new Set(pids.slice(0, 3)).size).toBe(1)
    expect(new Set(pids.slice(3)).size).toBe(1)
    expect(new Set(pids).size).toBe(2)
  })
})

describe('a transaction', () => {
  it('commits, rolls back on any error, and is never handed on open', async () => {
    const pool = await openPool({ maxSize: 1 })
    const first = await pool.checkout()
    const { connection } = first
    await connection.batch(['CREATE TEMP TABLE kept (id int)'])
    await connection.transaction(() => connection.query('INSERT INTO kept VALUES (1)'))
    const failing = connection.transaction(async () => {
      await connection.query('INSERT INTO kept VALUES (2)')
      throw new RangeError('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    await expect(connection.transaction(() => connection.query('SELECT 1/0'))).rejects.toMatchObject({
      code: 'unprocessable',
    })
    expect(await connection.query('SELECT id FROM kept')).toEqual([{ id: 1 }])
    await first.release(true)
    const second = await pool.checkout()
    const open = await second.connection.query<{ mine: boolean }>(
      'SELECT xact_start = query_start AS mine FROM pg_stat_activity WHERE pid = pg_backend_pid()',
    )
    expect(open).toEqual([{ mine: true }])
    await second.release(true)
  })
})

describe('what the server sends', () => {
  it('comes back whole: times as UTC, large values, every script', async () => {
    const pool = await openPool()
    const { connection, release } = await pool.checkout()
    const [row] = await connection.query<{ at: Date; long: string; text: string }>(
      "SELECT timestamptz '2026-01-02 03:04:05+05' AS at, repeat('x', 1000000) AS long, $1::text AS text",
      ['žluťoučký 🐎'],
    )
    expect(row?.at.toISOString()).toBe('2026-01-01T22:04:05.000Z')
    expect(row?.long).toHaveLength(1_000_000)
    expect(row?.text).toBe('žluťoučký 🐎')
    await release(true)
  })
})

describe('a Postgres pool that is resized', () => {
  /** Connections of this file's pools, as the server counts them. */
  async function counted({ connection }: Checkout<PostgresClient>): Promise<number> {
    return (await connection.serverConnections()).ours ?? 0
  }

  async function fourOpen() {
    const pool = await openPool({ maxSize: 4 })
    const checkouts = await Promise.all([1, 2, 3, 4].map(() => pool.checkout()))
    return { pool, checkouts }
  }

  it('closes the free connections above its size, and leaves those that are lent to their holders', async () => {
    const { pool, checkouts } = await fourOpen()
    const [held, ...others] = checkouts
    if (!held) throw new Error('no connection')
    expect(await counted(held)).toBe(4)
    await Promise.all(others.slice(1).map(({ release }) => release(true)))
    pool.resize?.(1)
    await expect.poll(() => counted(held)).toBe(2)
    expect(pool.counts()).toMatchObject({ size: 2, used: 2 })
    await others[0]?.release(false)
    await expect.poll(() => counted(held)).toBe(1)
    await held.release(true)
  })

  it('opens more again when it may', async () => {
    const { pool, checkouts } = await fourOpen()
    await Promise.all(checkouts.map(({ release }) => release(true)))
    pool.resize?.(1)
    await expect.poll(() => pool.counts().size).toBe(1)
    pool.resize?.(3)
    const again = await Promise.all([1, 2, 3].map(() => pool.checkout()))
    const pids = await Promise.all(again.map(pidOf))
    expect(new Set(pids).size).toBe(3)
    await Promise.all(again.map(({ release }) => release(true)))
  })
})
