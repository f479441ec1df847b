import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { StackInfo } from './stack.ts'

/**
 * Starts the local stack as a process of its own. Test setups of the worker project are resolved for workerd, where
 * `ws` is not the server that the stack needs.
 */
export async function spawnStack(
  args: readonly string[] = [],
): Promise<{ readonly info: StackInfo; close(): Promise<void> }> {
  const child = spawn('node', [fileURLToPath(new URL('./stack.ts', import.meta.url)), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line') as Promise<[string]>,
    exited.then(([code]) => Promise.reject(new Error(`the local stack ended with ${code}`))),
  ])
  return {
    info: JSON.parse(line) as StackInfo,
    async close() {
      child.stdin.end()
      await exited
    },
  }
}
