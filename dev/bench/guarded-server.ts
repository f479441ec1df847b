import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from '../local/listen.ts'
import type { Server } from './contender.ts'

/** A server that is not a Worker, in a process of its own. */
export interface GuardedServer extends Server, AsyncDisposable {}

const START_MS = 15_000

/** Ends its arguments when standard input closes, which it does however this process ends. */
const GUARD = `"$@" </dev/null & server=$!
cat >/dev/null
kill "$server" 2>/dev/null
wait "$server"`

/**
 * Starts a server on a free port, which it is told, and waits until it answers.
 * @throws {Error} with what it wrote, when it ends or does not answer in time
 */
export async function startGuarded(
  command: (port: number) => readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<GuardedServer> {
  const port = await freePort()
  const child = spawn('/bin/sh', ['-c', GUARD, 'guard', ...command(port)], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      written = (written + chunk.toString()).slice(-4_000)
    })
  }
  const ended = once(child, 'close')
  const close = async () => {
    child.stdin.end()
    await ended
  }
  const url = `http://127.0.0.1:${port}`
  const deadline = performance.now() + START_MS
  while (!(await answers(url))) {
    if (performance.now() > deadline) {
      await close()
      throw new Error(`${command(port)[0]} did not answer: ${written.trim()}`)
    }
    await sleep(100)
  }
  return { url, pid: child.pid, [Symbol.asyncDispose]: close }
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).body?.cancel()
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, 0)
  server.close()
  await once(server, 'close')
  return port
}
