import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Client, Pool } from '@neondatabase/serverless'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { startPostgresProxy } from '../../dev/local/postgres/proxy.ts'
import { sharedPostgres } from './support/postgres.ts'
import { pour, startTcpTarget } from './support/tcp-target.ts'

const postgres = sharedPostgres()

test('the Neon driver logs in by SCRAM, and is refused with a wrong password', async () => {
  const client = new Client(postgres.server.url)
  await client.connect()
  const { rows } = await client.query('SELECT current_user AS name, inet_client_addr()::text AS address')
  expect(rows).toEqual([{ name: 'rockpool', address: '127.0.0.1/32' }])
  await client.end()
  const wrong = new Client(postgres.server.url.replace(/:[^:@]+@/, ':guess@'))
  await expect(wrong.connect()).rejects.toThrow('password authentication failed for user "rockpool"')
})

test.each([1, 20])('a value of %i MB arrives unchanged in both directions', async (megabytes) => {
  await using pool = openPool()
  const value = randomBytes(megabytes * 1_000_000)
  const { rows } = await pool.query('SELECT $1::bytea AS back, md5($1::bytea) AS hash', [value])
  expect(rows[0].back.equals(value)).toBe(true)
  expect(rows[0].hash).toBe(createHash('md5').update(value).digest('hex'))
})

test('50 connections work side by side and are all gone after the pool ends', async () => {
  const pool = new Pool({ connectionString: postgres.server.url, max: 50 })
  const errors: unknown[] = []
  pool.on('error', (error: unknown) => errors.push(error))
  const clients = await Promise.all(Array.from({ length: 50 }, () => pool.connect()))
  const pids = await Promise.all(
    clients.map(async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid),
  )
  expect(new Set(pids).size).toBe(50)
  expect(postgres.proxy.connectionCount()).toBe(50)
  for (const client of clients) client.release()
  await pool.end()
  await expect.poll(() => postgres.proxy.connectionCount()).toBe(0)
  await expect.poll(() => countBackends(pids)).toBe(0)
  expect(errors).toEqual([])
})

test('closing a client in the middle of a query closes its connection to Postgres', async () => {
  const client = new Client(postgres.server.url)
  client.on('error', () => undefined)
  await client.connect()
  // Postgres itself looks for a client that has gone only when it is told to.
  await client.query("SET client_connection_check_interval = '20ms'")
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  const sleeping = client.query('SELECT pg_sleep(60)').catch((error: Error) => error)
  await expect.poll(() => countBackends([rows[0].pid], 'active')).toBe(1)
  await client.end()
  expect(await sleeping).toBeInstanceOf(Error)
  await expect.poll(() => countBackends([rows[0].pid])).toBe(0)
  expect(postgres.proxy.connectionCount()).toBe(0)
})

test('pg_terminate_backend reaches a client that waits for a query', async () => {
  const client = new Client(postgres.server.url)
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  // Its end may come before that of the statement which brings it about, and is to find somebody who expects it.
  const cutOff = expect(client.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57P01' })
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  await postgres.admin.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
  await cutOff
  await ended
  await expect.poll(() => postgres.proxy.connectionCount()).toBe(0)
})

test('pg_terminate_backend reaches an idle client', async () => {
  await using pool = openPool()
  const failed = new Promise<unknown>((resolve) => pool.once('error', resolve))
  const { rows } = await pool.query('SELECT pg_backend_pid() AS pid')
  await postgres.admin.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
  expect(await failed).toMatchObject({ code: '57P01' })
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('?address= leads to another port of this machine, and to nothing else', async () => {
  await using other = await startTcpTarget((socket) => socket.end('hello'))
  const client = new WebSocket(`ws://127.0.0.1:${postgres.proxy.port}/v2?address=localhost:${other.port}`)
  const [message] = await once(client, 'message')
  expect(String(message)).toBe('hello')
  await once(client, 'close')
  expect(await refusalOf('?address=192.0.2.1:5432')).toContain('403')
  expect(await refusalOf('?address=example.com:5432')).toContain('403')
  expect(await refusalOf('?address=127.0.0.1')).toContain('403')
  expect(await refusalOf('?address=[::ffff:192.0.2.1]:5432')).toContain('403')
  const { port: closedPort } = other
  await other[Symbol.asyncDispose]()
  expect(await refusalOf(`?address=127.0.0.1:${closedPort}`)).toContain('502')
})

test('a client that does not read holds the server back, and loses nothing', async () => {
  const total = 64 * 1024 * 1024
  let written = 0
  await using target = await startTcpTarget((socket) =>
    pour(socket, total, (bytes) => {
      written = bytes
    }),
  )
  const client = new WebSocket(`ws://127.0.0.1:${postgres.proxy.port}/v2?address=127.0.0.1:${target.port}`)
  await once(client, 'open')
  client.pause()
  await settles(() => written)
  expect(written).toBeLessThan(24 * 1024 * 1024)
  let received = 0
  client.on('message', (data: Buffer) => {
    received += data.length
  })
  client.resume()
  await once(client, 'close')
  expect(received).toBe(total)
})

test('a server that does not read holds the client back, and loses nothing', async () => {
  const total = 64 * 1024 * 1024
  let received = 0
  let upstream: Socket | undefined
  await using target = await startTcpTarget((socket) => {
    upstream = socket
    socket.pause()
    socket.on('data', (data) => {
      received += data.length
      if (received === total) socket.end()
    })
  })
  const client = new WebSocket(`ws://127.0.0.1:${postgres.proxy.port}/v2?address=127.0.0.1:${target.port}`)
  await once(client, 'open')
  const chunk = Buffer.alloc(64 * 1024, 7)
  for (let sent = 0; sent < total; sent += chunk.length) client.send(chunk)
  await settles(() => client.bufferedAmount)
  expect(client.bufferedAmount).toBeGreaterThan(40 * 1024 * 1024)
  upstream?.resume()
  await once(client, 'close')
  expect(received).toBe(total)
})

test('a message sent just before the goodbye arrives', async () => {
  const received: Buffer[] = []
  const closed = Promise.withResolvers<void>()
  await using target = await startTcpTarget((socket) => {
    socket.on('data', (data) => received.push(data))
    socket.once('end', closed.resolve)
  })
  const client = new WebSocket(`ws://127.0.0.1:${postgres.proxy.port}/v2?address=127.0.0.1:${target.port}`)
  await once(client, 'open')
  const value = randomBytes(3_000_000)
  client.send(value)
  client.close()
  await closed.promise
  expect(Buffer.concat(received).equals(value)).toBe(true)
})

test('a client that has gone is no reason to keep a server waiting that says nothing', async () => {
  await using target = await startTcpTarget(() => undefined)
  const client = new WebSocket(`ws://127.0.0.1:${postgres.proxy.port}/v2?address=127.0.0.1:${target.port}`)
  await once(client, 'open')
  expect(postgres.proxy.connectionCount()).toBe(1)
  client.close()
  await expect.poll(() => postgres.proxy.connectionCount()).toBe(0)
})

test('closing the proxy ends every client and every connection behind it', async () => {
  const other = await startPostgresProxy({ target: { host: '127.0.0.1', port: postgres.server.port } })
  const clients = Array.from({ length: 5 }, () => {
    const client = new Client(postgres.server.url)
    client.neonConfig.wsProxy = () => `127.0.0.1:${other.port}/v2`
    client.on('error', () => undefined)
    return client
  })
  await Promise.all(clients.map((client) => client.connect()))
  const ended = clients.map((client) => new Promise<void>((resolve) => client.once('end', resolve)))
  const { rows } = await postgres.admin.query(
    'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND client_port > 0',
  )
  expect(rows.length).toBe(5)
  await Promise.all([other.close(), other.close()])
  await Promise.all(ended)
  await expect.poll(() => countBackends(rows.map((row) => row.pid))).toBe(0)
  await expect(fetch(other.url)).rejects.toThrow('fetch failed')
})

function openPool(max = 1) {
  const pool = new Pool({ connectionString: postgres.server.url, max })
  pool.on('error', () => undefined)
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() })
}

async function countBackends(pids: number[], state = '%'): Promise<number> {
  const { rows } = await postgres.admin.query(
    'SELECT count(*)::int AS count FROM pg_stat_activity WHERE pid = ANY($1) AND state LIKE $2',
    [pids, state],
  )
  return rows[0].count
}

async function refusalOf(search: string): Promise<string> {
  const client = new WebSocket(`ws://127.0.0.1:${postgres.proxy.port}/v2${search}`)
  const [error] = await once(client, 'error')
  return error.message
}

/** Resolves when the number has not changed for a while: nothing moves any more. */
async function settles(read: () => number): Promise<void> {
  let last = Number.NaN
  await expect
    .poll(
      () => {
        const isSame = read() === last
        last = read()
        return isSame
      },
      { interval: 250, timeout: 10_000 },
    )
    .toBe(true)
}
