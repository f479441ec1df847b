import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProcess } from '../processes.ts'
import type { Account } from './account.ts'

export interface PostgresProcess {
  pid: number
  /** Resolves with how the process ended: its exit code or the signal. */
  ended: Promise<string>
  /** Fast shutdown: open transactions are rolled back, the data are left clean. Resolves when the process is gone. */
  stop(): Promise<void>
  /** Sends a signal and waits for nothing. */
  kill(signal: NodeJS.Signals): void
}

interface PostgresProcessOptions {
  binary: string
  /** The data directory, without symbolic links in its path. */
  data: string
  port: number
  /** Settings of the server, as `-c name=value`. */
  settings: Record<string, string | number>
  account: Account | undefined
  log: (line: string) => void
}

/** Crash recovery of a large directory takes a while; a server that says nothing for longer is stuck. */
const START_DEADLINE_MS = 60_000
/** After this long, each step of a shutdown is followed by a harder one. */
const STOP_PATIENCE_MS = 10_000
const LAST_LINES = 20

/** The server says who started it in its own command line, so that an orphan can be told from a server in use. */
const CLUSTER_NAME = 'rockpool-owner-'

/** Starts the server and resolves once it accepts connections. */
export async function startPostgresProcess(options: PostgresProcessOptions): Promise<PostgresProcess> {
  const { binary, data, port, account, log } = options
  const settings = { ...options.settings, cluster_name: `${CLUSTER_NAME}${process.pid}` }
  const child = spawn(
    binary,
    [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    // A session of its own: Ctrl-C goes to our whole process group, and the server must outlive us until it is closed.
    { ...account, detached: true, stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C', TZ: 'UTC' } },
  )
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
  })
  const lines: string[] = []
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      if (lines.length > LAST_LINES) lines.shift()
      log(line)
      if (/ready to accept (read-only )?connections/.test(line)) resolve()
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      reject(new Error(`Postgres ended with ${signal ?? code} while starting:\n${lines.join('\n')}`))
    })
  })
  const deadline = new AbortController()
  const late = sleep(START_DEADLINE_MS, undefined, { signal: deadline.signal }).then(() => {
    throw new Error(`Postgres was not ready after ${START_DEADLINE_MS} ms:\n${lines.join('\n')}`)
  })
  try {
    await Promise.race([ready, late])
  } catch (error) {
    if (child.pid !== undefined) await stopChild(child)
    throw error
  } finally {
    deadline.abort()
    late.catch(() => undefined)
  }
  return { pid: child.pid ?? 0, ended, stop: () => stopChild(child), kill: (signal) => child.kill(signal) }
}

/**
 * Stops the server that a killed process of ours left behind on this data directory, and removes what it left of its
 * lock. Does nothing when there is none.
 * @throws {Error} when that server is in use: the process that started it is still its parent.
 */
export async function stopOrphan(data: string, log: (line: string) => void): Promise<void> {
  const lock = join(data, 'postmaster.pid')
  // "Postmaster's PID" is the first line: https://www.postgresql.org/docs/18/storage-file-layout.html
  const pid = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10)
  if (!Number.isInteger(pid)) return
  const server = await findServer(pid, data)
  if (server) {
    const owner = Number(new RegExp(`${CLUSTER_NAME}(\\d+)`).exec(server.command)?.[1])
    if (server.parent === owner)
      throw new Error(`${data} is in use: process ${owner} runs Postgres (${pid}) on it`)
    log(`stopping the Postgres server (${pid}) that an earlier run left behind on ${data}`)
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      process.kill(pid, signal)
      if (await isGone(pid, data)) break
    }
  }
  // The process id may belong to somebody else by now, and then Postgres itself would refuse to start.
  await rm(lock, { force: true })
}

/** The process, if it is the Postgres server of this data directory. */
async function findServer(pid: number, data: string) {
  const found = await findProcess(pid)
  return found?.command.includes(`postgres -D ${data} `) ? found : undefined
}

/** Not our child, so there is no event to wait for. */
async function isGone(pid: number, data: string): Promise<boolean> {
  for (const end = Date.now() + STOP_PATIENCE_MS; Date.now() < end; await sleep(20)) {
    if (!(await findServer(pid, data))) return true
  }
  return false
}

/** Fast, then immediate shutdown, then the axe: https://www.postgresql.org/docs/18/server-shutdown.html */
async function stopChild(child: ChildProcess): Promise<void> {
  const gone = hasEnded(child) ? Promise.resolve() : once(child, 'exit')
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (hasEnded(child)) return
    child.kill(signal)
    const patience = new AbortController()
    await Promise.race([
      gone,
      sleep(STOP_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ])
    patience.abort()
  }
  await gone
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
