import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startStack } from './local/stack.ts'
import { ROOT } from './local/worker/bundle.ts'
import { progress } from './progress.ts'
import { seedDirectory } from './seed.ts'
import { untilStopped } from './until-stopped.ts'
import { localSettings, localVariables } from './variables.ts'

/** `npm run dev`: the local stack and wrangler's dev server, which reloads the Worker when a file changes. */
async function dev(): Promise<void> {
  const dir = join(ROOT, '.local')
  const stopped = untilStopped()
  const { port, stack: ofStack } = localSettings()
  const stack = await startStack({ dir, ...ofStack, log: progress() })
  try {
    const variables = localVariables(stack.variables)
    await seedDirectory(variables)
    // In a file, because arguments of a process can be read by everybody on the machine.
    const file = join(dir, 'dev.vars')
    const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'`)
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    process.stdout.write(
      `\nDashboard: http://127.0.0.1:${port}/dashboard\nAdmin token: ${variables.ADMIN_TOKEN}\n\n`,
    )

    const args = ['dev', '--env=', '--ip', '127.0.0.1', '--port', `${port}`, '--env-file', file]
    const child = spawn(
      join(ROOT, 'node_modules/.bin/wrangler'),
      [...args, '--persist-to', join(dir, 'wrangler')],
      {
        cwd: ROOT,
        // A group of its own, so that it can be stopped whole: wrangler is three processes, and the first does not
        // always tell the others. Such a group may not read from the terminal.
        detached: true,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    )
    const ended = once(child, 'exit')
    await Promise.race([ended, stopped.then(() => process.kill(-(child.pid ?? 0), 'SIGTERM'))])
    await ended
  } finally {
    await stack.close()
  }
}

try {
  await dev()
  process.exit()
} catch (error) {
  process.stderr.write(`\nRockpool could not start: ${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
}
