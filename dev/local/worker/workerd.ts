import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { ROOT } from './bundle.ts'
import { workerdConfig } from './workerd-config.ts'

export interface WorkerdOptions {
  /** Folder for its configuration, its log and the objects' storage. */
  readonly dir: string
  /** Bundled Worker. */
  readonly file: string
  /** @default 0, any free one */
  readonly port?: number
  readonly variables: Readonly<Record<string, string>>
  /** The Worker's wrangler configuration. @default wrangler.toml */
  readonly settings?: string
}

/** A Worker that runs on workerd, the production runtime. */
export interface Workerd {
  readonly url: string
  /** Of the process that guards workerd, which is its child. */
  readonly pid: number | undefined
  /** Everything the Worker logged and workerd said, one JSON object a line. */
  readonly logFile: string
  /** Resolves when it ends without having been asked to. */
  readonly crashed: Promise<string>
  close(): Promise<void>
}

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 5_000
/** Characters of the log's end that are told when it ends by itself. */
const TAIL = 4_000

/**
 * Runs its arguments and ends them when standard input closes: that happens even when this process is killed outright,
 * so that no Worker is left behind on its port. Output and control channel belong to workerd alone; their end is its
 * end.
 */
const GUARD = `"$@" & server=$!
exec >&- 2>&- 3>&-
cat >/dev/null
kill "$server" 2>/dev/null
# It lets running requests end first, and one that hangs would keep it for ever.
(sleep ${STOP_TIMEOUT_MS / 1000}; kill -9 "$server") 2>/dev/null & force=$!
wait "$server"
kill "$force" 2>/dev/null`

/** @throws {Error} when it does not start, for example because the port is taken. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const storage = join(options.dir, 'objects')
  await mkdir(storage, { recursive: true })
  const config = join(options.dir, 'workerd.capnp')
  const file = relative(options.dir, options.file)
  const variables = Object.keys(options.variables)
  await writeFile(config, workerdConfig({ file, storage, variables, settings: options.settings }))
  const logFile = join(options.dir, 'worker.log')
  await writeFile(logFile, '')
  // A file and no pipe: a Worker under load would wait for whoever reads it. Appending, so that both outputs interleave.
  const log = await open(logFile, 'a')

  const workerd = [
    join(ROOT, 'node_modules/.bin/workerd'),
    'serve',
    config,
    '--control-fd=3',
    '--experimental',
  ]
  const child = spawn(
    '/bin/sh',
    ['-c', GUARD, 'workerd', ...workerd, `--socket-addr=http=127.0.0.1:${options.port ?? 0}`],
    {
      // A group of its own: Ctrl-C in a terminal is for us, and we stop it in order.
      detached: true,
      env: { PATH: process.env.PATH, ...options.variables },
      stdio: ['pipe', log.fd, log.fd, 'pipe'],
    },
  )
  const control = child.stdio[3] as Readable
  const tail = async () => (await readFile(logFile, 'utf8')).slice(-TAIL).trim()
  const exited = once(child, 'close')
  let closing = false
  const crashed = new Promise<string>((resolve) => {
    control.once('close', async () => {
      if (closing) return
      const last = await tail()
      const taken = /Address already in use/.test(last)
      const reason = taken ? `port ${options.port} is in use; PORT=… takes another` : last
      resolve(`workerd has ended by itself: ${reason}`)
    })
  })
  const close = async () => {
    closing = true
    child.stdin?.end()
    const forced = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 2 * STOP_TIMEOUT_MS)
    await exited
    clearTimeout(forced)
    await log.close()
  }

  try {
    const port = await Promise.race([
      listeningPort(control),
      crashed.then((reason) => Promise.reject(new Error(reason))),
      timeout(START_TIMEOUT_MS).then(async () => {
        throw new Error(`workerd did not start: ${await tail()}`)
      }),
    ])
    return { url: `http://127.0.0.1:${port}`, pid: child.pid, logFile, crashed, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** workerd tells on its control channel, as a line of JSON, once a socket listens. */
async function listeningPort(control: Readable): Promise<number> {
  for await (const line of createInterface(control)) {
    const message = JSON.parse(line) as { event?: string; port?: number }
    if (message.event === 'listen' && message.port !== undefined) return message.port
  }
  return new Promise(() => {})
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
