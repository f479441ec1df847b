import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** `npm start`, started. */
export interface Started {
  readonly url: string
  readonly adminToken: string
  /** The lines that a newcomer is invited to try. */
  readonly examples: readonly string[]
  /** Ctrl-C, and then the exit code and everything that was printed. */
  interrupt(): Promise<{ readonly code: number | null; readonly printed: string }>
}

const START = fileURLToPath(new URL('../../dev/start.ts', import.meta.url))

/** @throws {Error} with what was printed, when it ends before it is ready */
export async function started(args: readonly string[], env: Record<string, string> = {}): Promise<Started> {
  const child = spawn('node', [START, ...args], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const exited = once(child, 'exit') as Promise<[number | null]>
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        printed += chunk.toString()
        if (printed.includes('Ctrl-C stops everything.')) resolve()
      })
    }
  })
  await Promise.race([
    ready,
    exited.then(([code]) => Promise.reject(new Error(`ended with ${code}:\n${printed}`))),
  ])
  return {
    url: /Rockpool ready on (\S+)/.exec(printed)?.[1] ?? '',
    adminToken: /Admin token: (\S+)/.exec(printed)?.[1] ?? '',
    examples: printed.split('\n').flatMap((line) => /^ {2}(curl .*)$/.exec(line)?.[1] ?? []),
    async interrupt() {
      child.kill('SIGINT')
      const [code] = await exited
      return { code, printed }
    },
  }
}
