import { Client, neon, Pool } from '@neondatabase/serverless'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FaultState, Faults } from '../../dev/local/faults.ts'
import { startPostgresProxy } from '../../dev/local/postgres/proxy.ts'
import { startTcpProxy, type TcpProxy } from '../../dev/local/tcp-proxy.ts'

import { sharedPostgres } from './support/postgres.ts'

const faults = new Faults()
const postgres = sharedPostgres(faults)
let tcp: TcpProxy
beforeAll(async () => {
  tcp = await startTcpProxy({ target: { host: '127.0.0.1', port: postgres.server.port }, faults })
})
afterEach(() => faults.clear())
afterAll(() => tcp?.close())

/** Longer than a login takes on a busy machine. */
const CONNECT_MS = 10_000

/** The two ways on which a connection stays open: the same faults, seen through two drivers. */
const PATHS = {
  'the WebSocket proxy, seen by the Neon driver': {
    connect: (timeout = CONNECT_MS) =>
      connect(new Client({ connectionString: postgres.server.url, connectionTimeoutMillis: timeout })),
    connectionCount: () => postgres.proxy.connectionCount(),
  },
  'the TCP proxy, seen by node-postgres': {
    connect: (timeout = CONNECT_MS) =>
      connect(new pg.Client({ connectionString: tcpUrl(), connectionTimeoutMillis: timeout })),
    connectionCount: () => tcp.connectionCount(),
  },
}

describe.each(Object.entries(PATHS))('%s', (_name, path) => {
  afterEach(async () => {
    // A test that failed leaves its connections; the next one counts its own.
    faults.cut()
    await expect.poll(path.connectionCount).toBe(0)
  })

  test('refuse fails a new connection at once and leaves a live one alone', async () => {
    const live = await path.connect()
    faults.set({ refuse: true })
    const started = performance.now()
    // The Neon driver fails with the WebSocket's error event, which is no Error.
    const failure = await path.connect().then(
      () => 'connected',
      () => 'refused',
    )
    expect(failure).toBe('refused')
    expect(performance.now() - started).toBeLessThan(CONNECT_MS / 2)
    expect(await one(live)).toBe(1)
    faults.clear()
    await (await path.connect()).end()
    await live.end()
  })

  test('a black hole during the connect runs into the connect timeout', async () => {
    faults.set({ blackhole: true })
    const started = performance.now()
    // What rejects differs by driver (and is no Error with Neon's); when it does is the same.
    const failure = await path.connect(1_000).then(
      () => 'connected',
      () => 'failed',
    )
    expect(failure).toBe('failed')
    expect(performance.now() - started).toBeGreaterThanOrEqual(999)
    faults.clear()
    await expect.poll(path.connectionCount).toBe(0)
    await (await path.connect()).end()
  })

  test('a black hole holds an answer back and gives it out when it is lifted', async () => {
    const client = await path.connect()
    faults.set({ blackhole: true })
    const answer = one(client)
    expect(await Promise.race([answer, later(150)])).toBe('nothing yet')
    faults.clear()
    expect(await answer).toBe(1)
    await client.end()
  })

  test('a delay adds itself once to a round trip', async () => {
    const client = await path.connect()
    await one(client)
    faults.set({ delayMs: 1_000 })
    const started = performance.now()
    await one(client)
    const took = performance.now() - started
    expect(took).toBeGreaterThanOrEqual(999)
    expect(took).toBeLessThan(1_990)
    await client.end()
  })

  test('a delay is latency and no speed limit: 20 queries in flight take one delay, 8 MB do too', async () => {
    const client = await path.connect()
    const clients: Awaited<ReturnType<typeof path.connect>>[] = []
    while (clients.length < 20) clients.push(await path.connect())
    faults.set({ delayMs: 200 })
    let started = performance.now()
    await Promise.all(clients.map((each) => one(each)))
    // One after another they would take 4 s …
    expect(performance.now() - started).toBeLessThan(3_900)
    started = performance.now()
    await query(client, "SELECT repeat('x', 8000000)")
    // … and so many bytes, 256 KiB at a time, 6 s.
    expect(performance.now() - started).toBeLessThan(5_900)
    faults.clear()
    await Promise.all([client, ...clients].map((each) => each.end()))
  })

  test('jitter moves answers about and never swaps their bytes', async () => {
    const client = await path.connect()
    faults.set({ delayMs: 10, jitterMs: 10, sliceBytes: 1000 })
    const rows = await query(
      client,
      "SELECT string_agg(n::text, ',') AS list FROM generate_series(1, 20000) AS n",
    )
    expect(rows[0].list).toBe(Array.from({ length: 20_000 }, (_, n) => n + 1).join(','))
    await client.end()
  })

  test('slices of one byte change nothing but the pace', async () => {
    faults.set({ sliceBytes: 1 })
    const client = await path.connect()
    const rows = await query(client, 'SELECT $1::text AS back, generate_series(1, 20) AS n', ['päckchen'])
    expect(rows).toEqual(Array.from({ length: 20 }, (_, n) => ({ back: 'päckchen', n: n + 1 })))
    await client.end()
  })

  test('a limit lets that much through, then fails the query instead of shortening it', async () => {
    const client = await path.connect()
    faults.set({ limitBytes: 50_000 })
    const broken = new Promise<void>((resolve) => client.once('end', resolve))
    await expect(
      one(client, "SELECT repeat('x', 1000) AS one FROM generate_series(1, 1000)"),
    ).rejects.toThrow(/terminated/)
    await broken
    await expect.poll(path.connectionCount).toBe(0)
  })

  test('a limit counts from the start of a new connection', async () => {
    faults.set({ limitBytes: 30 })
    await expect(path.connect()).rejects.toThrow(/terminated/)
  })

  test('cut drops live connections, busy and idle, and no later one', async () => {
    const [idle, busy] = await Promise.all([path.connect(), path.connect()])
    const ended = [idle, busy].map((client) => new Promise<void>((resolve) => client.once('end', resolve)))
    const sleeping = query(busy, 'SELECT pg_sleep(60)').then(
      () => 'worked',
      () => 'failed',
    )
    expect(path.connectionCount()).toBe(2)
    faults.cut()
    await Promise.all(ended)
    expect(await sleeping).toBe('failed')
    await expect.poll(path.connectionCount).toBe(0)
    const next = await path.connect()
    expect(await one(next)).toBe(1)
    await next.end()
  })

  test('cut reaches through a black hole', async () => {
    const client = await path.connect()
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    faults.set({ blackhole: true })
    faults.cut()
    await ended
  })
})

test('cut over TCP is a reset, not an end', async () => {
  const client = await PATHS['the TCP proxy, seen by node-postgres'].connect()
  const error = new Promise<unknown>((resolve) => client.once('error', resolve))
  faults.cut()
  expect(await error).toMatchObject({ code: 'ECONNRESET' })
})

test('a pool over the WebSocket proxy works again after every fault', async () => {
  const pool = new Pool({ connectionString: postgres.server.url, max: 3, connectionTimeoutMillis: 3_000 })
  pool.on('error', () => undefined)
  const changes: Partial<FaultState>[] = [{ refuse: true }, { blackhole: true }, { limitBytes: 20 }]
  for (const change of changes) {
    faults.set(change)
    faults.cut()
    const failure = await pool.query('SELECT 1').then(
      () => 'worked',
      () => 'failed',
    )
    expect(failure, JSON.stringify(change)).toBe('failed')
    faults.clear()
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  }
  await pool.end()
  await expect.poll(() => postgres.proxy.connectionCount()).toBe(0)
})

describe('SQL over HTTP, seen by the Neon driver', () => {
  const sql = () => neon(postgres.server.url)

  test.each<[change: Partial<FaultState>, message: RegExp]>([
    [{ refuse: true }, /Error connecting to database: TypeError: fetch failed/],
    [{ httpStatus: 503 }, /Server error \(HTTP status 503\): .*fault switch/],
    [{ httpStatus: 400 }, /HTTP status 400 by order of a fault switch/],
    [{ badJson: true }, /JSON/],
    [{ limitBytes: 40 }, /terminated/],
  ])('%o fails the query', async (change, message) => {
    faults.set(change)
    await expect(sql()`SELECT 1 AS one`).rejects.toThrow(message)
    faults.clear()
    expect(await sql()`SELECT 1 AS one`).toEqual([{ one: 1 }])
  })

  test('a status is answered without doing the work', async () => {
    await sql()`CREATE TABLE untouched (id int)`
    faults.set({ httpStatus: 500 })
    await expect(sql()`INSERT INTO untouched VALUES (1)`).rejects.toThrow('HTTP status 500')
    faults.clear()
    expect(await sql()`SELECT * FROM untouched`).toEqual([])
  })

  test('a black hole holds the answer back until it is lifted', async () => {
    faults.set({ blackhole: true })
    const answer = sql()`SELECT 1 AS one`.then((rows) => rows)
    expect(await Promise.race([answer, later(150)])).toBe('nothing yet')
    faults.clear()
    expect(await answer).toEqual([{ one: 1 }])
  })

  test('a delay is added once to each request, side by side', async () => {
    await sql()`SELECT 1`
    faults.set({ delayMs: 200 })
    const started = performance.now()
    await Promise.all(Array.from({ length: 8 }, () => sql()`SELECT 1`))
    const took = performance.now() - started
    expect(took).toBeGreaterThanOrEqual(199)
    // One after another they would take 1.6 s.
    expect(took).toBeLessThan(1_500)
  })

  test('slices change nothing', async () => {
    faults.set({ sliceBytes: 7 })
    expect(await sql()`SELECT repeat('päckchen', 100) AS text`).toEqual([{ text: 'päckchen'.repeat(100) }])
  })

  test('cut drops the requests that are under way', async () => {
    const answer = sql()`SELECT pg_sleep(60) AS cut_off`.catch((error: Error) => error)
    await expect.poll(() => countActive('%cut_off%')).toBe(1)
    faults.cut()
    expect(await answer).toMatchObject({ message: expect.stringMatching(/fetch failed|terminated/) })
    await expect.poll(() => countActive('%cut_off%')).toBe(0)
    expect(await sql()`SELECT 1 AS one`).toEqual([{ one: 1 }])
  })

  async function countActive(query: string): Promise<number> {
    const text =
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE query LIKE $1 AND state = 'active'"
    const [row] = await sql().query(`${text} AND pid <> pg_backend_pid()`, [query])
    return row?.count
  }
})

test('closing a proxy ends what a black hole holds', async () => {
  const own = new Faults()
  const other = await startPostgresProxy({
    target: { host: '127.0.0.1', port: postgres.server.port },
    faults: own,
  })
  const client = new Client(postgres.server.url)
  client.on('error', () => undefined)
  client.neonConfig.wsProxy = () => `127.0.0.1:${other.port}/v2`
  await client.connect()
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  own.set({ blackhole: true })
  const request = fetch(`${other.url}/sql`, { method: 'POST' }).catch((error: Error) => error)
  const upgrade = new Client(postgres.server.url)
  upgrade.on('error', () => undefined)
  upgrade.neonConfig.wsProxy = () => `127.0.0.1:${other.port}/v2`
  const connecting = upgrade.connect().catch((error: unknown) => error)
  await later(50)
  await other.close()
  await ended
  expect(await request).toBeInstanceOf(Error)
  expect(await connecting).toBeDefined()
})

function tcpUrl(): string {
  return postgres.server.url.replace(String(postgres.server.port), String(tcp.port))
}

async function connect<T extends Client | pg.Client>(client: T): Promise<T> {
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function one(client: Client | pg.Client, text = 'SELECT 1 AS one'): Promise<number> {
  return (await query(client, text))[0].one
}

/** The drivers' `query` agree in this form alone, and TypeScript cannot call a union of overloads. */
async function query(client: Client | pg.Client, text: string, values: unknown[] = []) {
  const { rows } =
    client instanceof pg.Client ? await client.query(text, values) : await client.query(text, values)
  return rows
}

async function later(milliseconds: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return 'nothing yet'
}
