import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockDirectory } from '../directory-lock.ts'
import { readIfThere } from '../files.ts'
import { isAlive } from '../processes.ts'

const START_TIMEOUT_MS = 15_000
/** A Redis that was told to end first writes its data out. */
const FORERUNNER_TIMEOUT_MS = 5_000

/**
 * Starts the server given as its arguments and ends it when standard input closes, then removes the directory $0.
 * That happens even when this process is killed outright, so that no redis-server is ever left behind. Standard
 * output is handed over to the server alone: its end is the server's end.
 */
const GUARD =
  '"$@" & server=$!; exec >&-; cat >/dev/null; kill "$server" 2>/dev/null; wait "$server"; rm -rf -- "$0"'

export interface RedisProcess {
  readonly socketPath: string
  /** Resolves once the process has ended and its directory is free; idempotent. */
  stop(): Promise<void>
}

/**
 * Runs a redis-server of our own behind a unix socket, so that it takes no port and nobody else reaches it.
 * @param dir where it keeps its append-only file (one write a second); without it the data ends with the process.
 * @throws {Error} with the server's own words when it does not come up, or another process uses the directory.
 */
export async function startRedisProcess(
  binary: string,
  dir: string | undefined,
  log: (line: string) => void,
): Promise<RedisProcess> {
  const unlock = dir === undefined ? undefined : await lockDirectory(dir)
  // Unix socket paths are limited to about 100 bytes (unix(7)): a data directory may be deeper than that.
  const temporary = await mkdtemp(join(tmpdir(), 'redis-'))
  const socketPath = join(temporary, 's')
  const data = dir === undefined ? temporary : resolve(dir)
  const pidFile = join(data, 'redis.pid')
  const release = async () => {
    await rm(temporary, { recursive: true, force: true })
    await unlock?.()
  }
  try {
    await waitForForerunner(pidFile)
    const child = spawn(
      '/bin/sh',
      ['-c', GUARD, temporary, binary, ...serverOptions(data, socketPath, pidFile, dir !== undefined)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const ended = once(child, 'close')
    const lines = createInterface(child.stdout)
    const recent: string[] = []
    let isStopping = false
    lines.on('line', (line) => {
      recent.push(line)
      if (recent.length > 20) recent.shift()
    })
    lines.on('close', () => {
      if (!isStopping) log(`redis-server has ended by itself:\n${recent.join('\n')}`)
    })
    let stopping: Promise<void> | undefined
    const stop = () => {
      isStopping = true
      stopping ??= (async () => {
        child.stdin.end()
        await ended
        await release()
      })()
      return stopping
    }
    try {
      await untilReady(lines, recent)
    } catch (error) {
      isStopping = true
      child.stdin.end()
      await ended
      throw error
    }
    return { socketPath, stop }
  } catch (error) {
    await release()
    throw error
  }
}

function serverOptions(data: string, socketPath: string, pidFile: string, isDurable: boolean): string[] {
  const durability = isDurable
    ? ['--appendonly', 'yes', '--appendfsync', 'everysec', '--pidfile', pidFile]
    : ['--appendonly', 'no']
  // A snapshot beside the append-only file would be written for nothing.
  return ['--port', '0', '--unixsocket', socketPath, '--unixsocketperm', '700', '--dir', data, '--save', '']
    .concat(durability)
    .concat('--daemonize', 'no')
}

/** The server of a process that was killed may still be writing its data out. @throws {Error} when it does not end. */
async function waitForForerunner(pidFile: string): Promise<void> {
  const deadline = Date.now() + FORERUNNER_TIMEOUT_MS
  for (;;) {
    const pid = await readPid(pidFile)
    if (pid === undefined || !isAlive(pid)) return
    if (Date.now() > deadline) {
      throw new Error(`a redis-server with pid ${pid} still uses the directory of ${pidFile}`)
    }
    await sleep(50)
  }
}

async function readPid(pidFile: string): Promise<number | undefined> {
  const text = (await readIfThere(pidFile)) ?? ''
  return /^\d+\s*$/.test(text) ? Number(text) : undefined
}

/** @throws {Error} with the last lines of the server's log when it ends or is not ready in time. */
async function untilReady(
  lines: ReturnType<typeof createInterface>,
  recent: readonly string[],
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((done, fail) => {
      const failed = (why: string) => fail(new Error(`redis-server ${why}:\n${recent.join('\n')}`))
      // Comes after the data has been loaded (server.c, main); Redis 6 says it with a capital R.
      lines.on('line', (line) => /ready to accept connections/i.test(line) && done())
      lines.once('close', () => failed('did not start'))
      timer = setTimeout(() => failed(`was not ready after ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    })
  } finally {
    clearTimeout(timer)
  }
}
