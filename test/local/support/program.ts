import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** A program in a process (and process group) of its own, which talks over its standard input and output. */
export interface Program {
  readonly pid: number
  /** Resolves with its exit code and signal. */
  readonly ended: Promise<unknown[]>
  /** What it prints next. */
  line(): Promise<string>
  say(text: string): void
  /** Ends its standard input. */
  end(): void
  /** As `kill -9`; resolves when it is gone. */
  kill(): Promise<void>
}

/** Starts the source of a JavaScript module, which can import packages. Call it in a test: it ends with that. */
export function startProgram(source: string): Program {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: new URL('../../..', import.meta.url),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    pid: child.pid ?? 0,
    ended,
    line: async () => String((await lines.next()).value),
    say: (text) => child.stdin.write(text),
    end: () => child.stdin.end(),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** An absolute address for the `import` of a program. */
export function addressOf(module: string): string {
  return new URL(`../../../${module}`, import.meta.url).href
}
