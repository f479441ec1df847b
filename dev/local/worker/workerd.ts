import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
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
}

/** A Worker that runs on workerd, the production runtime. */
export interface Workerd {
  readonly url: string
  readonly pid: number
  /** Everything the Worker logged and workerd said, one JSON object a line. */
  readonly logFile: string
  /** Resolves when it ends without having been asked to. */
  readonly crashed: Promise<string>
  close(): Promise<void>
}

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 5_000

/** @throws {Error} when it does not start, for example because the port is taken. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const storage = join(options.dir, 'objects')
  await mkdir(storage, { recursive: true })
  const config = join(options.dir, 'workerd.capnp')
  const file = relative(options.dir, options.file)
  await writeFile(config, workerdConfig({ file, storage, variables: Object.keys(options.variables) }))
  const logFile = join(options.dir, 'worker.log')
  const log = createWriteStream(logFile, { flags: 'w' })

  const child = spawn(
    join(ROOT, 'node_modules/.bin/workerd'),
    [
      'serve',
      config,
      '--control-fd=3',
      `--socket-addr=http=127.0.0.1:${options.port ?? 0}`,
      '--experimental',
    ],
    {
      // A group of its own: Ctrl-C in a terminal is for us, and we stop it in order.
      detached: true,
      env: { ...options.variables },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  )
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.pipe(log, { end: false })
    stream?.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-4_000)
    })
  }
  let closing = false
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const crashed = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      log.end()
      if (!closing) resolve(`workerd ended with ${signal ?? code}: ${tail}`)
    })
    child.once('error', (error) => resolve(`workerd could not be started: ${error.message}`))
  })
  const close = async () => {
    closing = true
    await stop(child, exited)
  }

  try {
    const port = await Promise.race([
      listeningPort(child),
      crashed.then((reason) => Promise.reject(new Error(reason))),
      timeout(START_TIMEOUT_MS).then(() => Promise.reject(new Error(`workerd did not start: ${tail}`))),
    ])
    return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, logFile, crashed, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** workerd tells on its control channel, as a line of JSON, once a socket listens. */
async function listeningPort(child: ChildProcess): Promise<number> {
  const control = child.stdio[3]
  if (!control) throw new Error('workerd has no control channel')
  let text = ''
  for (;;) {
    const [chunk] = (await once(control, 'data')) as [Buffer]
    text += chunk.toString()
    for (const line of text.split('\n').slice(0, -1)) {
      const message = JSON.parse(line) as { event?: string; port?: number }
      if (message.event === 'listen' && message.port !== undefined) return message.port
    }
  }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const forced = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(forced)
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
