import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { findFreePort } from '../listen.ts'
import type { Account } from './account.ts'
import type { Directory } from './directory.ts'
import { type PostgresProcess, startPostgresProcess } from './server-process.ts'

interface ClusterOptions {
  binary: string
  directory: Directory
  account: Account | undefined
  /** 0 = any free one. */
  port: number
  maxConnections: number
  settings: Record<string, string | number>
  log: (line: string) => void
}

export interface Cluster {
  port: number
  /** Process id of the server. */
  pid: number
  /** Stops the server and waits until it is gone; removes a temporary directory. Idempotent. */
  close(): Promise<void>
}

/** A free port may be taken by somebody else before Postgres binds it. */
const PORT_ATTEMPTS = 5

/** Starts the server of a directory that holds its data. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory, log } = options
  let closing: Promise<void> | undefined
  const { port, server } = await startOnPort({
    ...options,
    // Not every LOG line, nor the errors of every client, nor that each is sent away when the server stops.
    log: (line) => {
      if (!closing && /\b(WARNING|FATAL|PANIC): /.test(line)) log(line)
    },
  })
  // Our process ends without closing: nobody waits for the server any more, and what is temporary goes with us.
  const onExit = () => {
    server.kill(directory.temporary ? 'SIGKILL' : 'SIGINT')
    if (directory.temporary) rmSync(directory.path, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', onExit)
  server.ended.then((how) => {
    process.off('exit', onExit)
    if (!closing) log(`Postgres on port ${port} ended by itself: ${how}`)
  })
  const close = async () => {
    await server.stop()
    if (directory.temporary) await rm(directory.path, { recursive: true, force: true, maxRetries: 3 })
  }
  return {
    port,
    pid: server.pid,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

async function startOnPort(options: ClusterOptions): Promise<{ port: number; server: PostgresProcess }> {
  const { binary, directory, account, log, maxConnections } = options
  const settings = {
    listen_addresses: '127.0.0.1',
    // TCP only: a socket file in /tmp would be one more way in, and its path has a length limit.
    unix_socket_directories: '',
    max_connections: maxConnections,
    // What is thrown away at the end need not survive a power cut.
    ...(directory.temporary && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings,
  }
  for (let attempt = 1; ; attempt++) {
    const port = options.port === 0 ? await findFreePort() : options.port
    try {
      return {
        port,
        server: await startPostgresProcess({ binary, data: directory.data, port, settings, account, log }),
      }
    } catch (error) {
      const isTaken = /Address already in use/.test(String(error))
      if (options.port !== 0 || !isTaken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}
