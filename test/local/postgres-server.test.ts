import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listen } from '../../dev/local/listen.ts'
import { startPostgres } from '../../dev/local/postgres/server.ts'
import { findProcess, isAlive } from '../../dev/local/processes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { disposable } from './support/disposable.ts'
import { query } from './support/postgres.ts'
import { addressOf, startProgram } from './support/program.ts'

/** One directory for all tests, each of which leaves it with a stopped server. */
const dir = temporaryFolder('server')

describe('a temporary server', () => {
  test('speaks UTF-8, UTC and SCRAM, on 127.0.0.1 alone', async () => {
    await using server = disposable(await startPostgres({ maxConnections: 77 }))
    const rows = await query(
      server.url,
      `SELECT current_database() AS database, current_setting('server_encoding') AS encoding,
              current_setting('TimeZone') AS zone, current_setting('max_connections') AS connections,
              current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              (SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'rockpool') AS is_scram,
              (SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules) AS methods`,
    )
    expect(rows).toEqual([
      {
        database: 'rockpool',
        encoding: 'UTF8',
        zone: 'UTC',
        connections: '77',
        addresses: '127.0.0.1',
        sockets: '',
        is_scram: true,
        methods: 'scram-sha-256',
      },
    ])
    const wrong = new URL(server.url)
    wrong.password = 'guess'
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed')
  })

  test('leaves no process, no port and no file behind, and closes twice', async () => {
    const server = await startPostgres()
    const children = await query(
      server.url,
      "SELECT pid FROM pg_stat_activity WHERE backend_type NOT IN ('client backend', 'autovacuum worker')",
    )
    const pids = [server.pid, ...children.map((row) => Number(row.pid))]
    expect(pids.length).toBeGreaterThan(4)
    expect(pids.every(isAlive)).toBe(true)
    await Promise.all([server.close(), server.close()])
    await server.close()
    expect(pids.filter(isAlive)).toEqual([])
    expect(existsSync(server.dir)).toBe(false)
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
  })

  test('is not killed by Ctrl-C before it is closed', async () => {
    const child = runChild('', 'process.on("SIGINT", () => undefined)')
    try {
      const { pid } = await child.server
      // What a terminal does: the signal goes to the whole group of the foreground process.
      process.kill(-child.pid, 'SIGINT')
      child.say('query')
      expect(await child.answer).toBe('1')
      expect(isAlive(pid)).toBe(true)
      child.say('close')
      await child.ended
      expect(isAlive(pid)).toBe(false)
    } finally {
      await child.kill()
    }
  })

  test('goes with a process that ends without closing it', async () => {
    const child = runChild('')
    const { pid, dir: temporary } = await child.server
    child.say('exit')
    await child.ended
    await expect.poll(() => findProcess(pid), { interval: 20 }).toBeUndefined()
    expect(existsSync(temporary)).toBe(false)
  })

  test('of a process that was killed is stopped and removed by the next start', async () => {
    const child = runChild('')
    const { pid, dir: temporary } = await child.server
    await child.kill()
    expect(isAlive(pid)).toBe(true)
    await using _server = disposable(await startPostgres())
    expect(await findProcess(pid)).toBeUndefined()
    expect(existsSync(temporary)).toBe(false)
  })
})

describe('a server with a directory', () => {
  test('does not wait for open transactions when it closes', async () => {
    const server = await startPostgres({ dir })
    const client = new pg.Client(server.url)
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    client.on('error', () => undefined)
    await client.connect()
    await client.query('BEGIN; CREATE TABLE half_done ()')
    const started = performance.now()
    await server.close()
    await ended
    // Sooner than the harder step that comes after ten seconds.
    expect(performance.now() - started).toBeLessThan(9_000)
  })

  test('keeps its data over a restart, on another port', async () => {
    const first = await startPostgres({ dir })
    await query(first.url, 'CREATE TABLE restarted AS SELECT 42 AS answer')
    await first.close()
    await using second = disposable(await startPostgres({ dir }))
    expect(await query(second.url, 'SELECT answer FROM restarted')).toEqual([{ answer: 42 }])
    expect((await stat(join(second.dir, 'password'))).mode & 0o077).toBe(0)
  })

  test('takes its data over from an orphan whose process was killed', async () => {
    const child = runChild(dir)
    const { pid, url } = await child.server
    await query(url, 'CREATE TABLE orphaned AS SELECT 42 AS answer')
    await child.kill()
    expect(isAlive(pid)).toBe(true)
    await using server = disposable(await startPostgres({ dir }))
    expect(await findProcess(pid)).toBeUndefined()
    expect(await query(server.url, 'SELECT answer FROM orphaned')).toEqual([{ answer: 42 }])
  })

  test('recovers when the server itself was killed', async () => {
    const first = await startPostgres({ dir })
    await query(first.url, 'CREATE TABLE crashed AS SELECT 42 AS answer')
    process.kill(first.pid, 'SIGKILL')
    await first.close()
    await using second = disposable(await startPostgres({ dir }))
    expect(await query(second.url, 'SELECT answer FROM crashed')).toEqual([{ answer: 42 }])
  })

  test('leaves a process alone that has got the number in a stale lock', async () => {
    const first = await startPostgres({ dir })
    const lock = join(first.dir, 'data', 'postmaster.pid')
    const content = await readFile(lock, 'utf8')
    await first.close()
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])
    try {
      await once(bystander, 'spawn')
      await writeFile(lock, content.replace(/^\d+/, String(bystander.pid)))
      await using second = disposable(await startPostgres({ dir }))
      expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull()
    } finally {
      bystander.kill()
    }
  })

  test('is not taken from a process that still runs it', async () => {
    await using first = disposable(await startPostgres({ dir }))
    await expect(startPostgres({ dir })).rejects.toThrow(`is in use: process ${process.pid} runs Postgres`)
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('makes its data again when the first start was interrupted', async () => {
    const fresh = join(dir, 'fresh')
    const part = join(fresh, 'data.new')
    await mkdir(part, { recursive: true })
    await writeFile(join(part, 'PG_VERSION'), '18')
    await using server = disposable(await startPostgres({ dir: fresh }))
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(existsSync(part)).toBe(false)
  })

  test('says why when its port is taken', async () => {
    const first = createServer()
    const port = await listen(first, 0)
    await expect(startPostgres({ dir, port })).rejects.toThrow('Address already in use')
    first.close()
    expect(existsSync(join(dir, 'data', 'postmaster.pid'))).toBe(false)
  })
})

/** Only root lends Postgres another account. */
describe.skipIf(process.getuid?.() !== 0)('a directory that the account of the server cannot enter', () => {
  const own = temporaryFolder('private')
  const home = join(own, 'home')
  const wanted = join(home, 'data')
  beforeEach(() => mkdir(home, { mode: 0o700 }))
  afterEach(() => rm(home, { recursive: true, force: true }))

  test('has its data elsewhere, which are found again', async () => {
    const first = await startPostgres({ dir: wanted })
    await query(first.url, 'CREATE TABLE moved AS SELECT 42 AS answer')
    await first.close()
    expect(first.dir.startsWith(home)).toBe(false)
    await using second = disposable(await startPostgres({ dir: wanted }))
    expect(await query(second.url, 'SELECT answer FROM moved')).toEqual([{ answer: 42 }])
  })

  test('begins anew when it was thrown away, as --fresh does', async () => {
    const first = await startPostgres({ dir: wanted })
    await query(first.url, 'CREATE TABLE moved AS SELECT 42 AS answer')
    await first.close()
    await rm(wanted, { recursive: true })
    await using second = disposable(await startPostgres({ dir: wanted }))
    await expect(query(second.url, 'SELECT answer FROM moved')).rejects.toThrow('does not exist')
  })

  test('leaves nothing elsewhere once the next server starts without it', async () => {
    const first = await startPostgres({ dir: wanted })
    await first.close()
    expect(existsSync(first.dir)).toBe(true)
    await rm(home, { recursive: true })
    await using _second = disposable(await startPostgres())
    expect(existsSync(first.dir)).toBe(false)
  })
})

interface Started {
  pid: number
  url: string
  dir: string
}

/** Runs a server in a process (and process group) of its own, which does what it is told on its standard input. */
function runChild(directory: string, prelude = '') {
  const source = `
    import { startPostgres } from ${JSON.stringify(addressOf('dev/local/postgres/server.ts'))}
    import pg from 'pg'
    ${prelude}
    const server = await startPostgres(${directory ? JSON.stringify({ dir: directory }) : '{}'})
    console.log(JSON.stringify({ pid: server.pid, url: server.url, dir: server.dir }))
    process.stdin.on('data', async (order) => {
      if (String(order) === 'exit') process.exit(0)
      if (String(order) === 'close') await server.close().then(() => process.exit(0))
      const client = new pg.Client(server.url)
      await client.connect()
      const { rows } = await client.query('SELECT 1 AS one')
      // Before the answer, which lets the test close the server.
      await client.end()
      console.log(rows[0].one)
    })`
  const program = startProgram(source)
  const first = program.line()
  return {
    ...program,
    server: first.then((line): Started => JSON.parse(line)),
    answer: first.then(() => program.line()),
  }
}
