import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { startStack } from './local/stack.ts'
import { bundle, ROOT } from './local/worker/bundle.ts'
import { startWorkerd } from './local/worker/workerd.ts'
import { progress } from './progress.ts'
import { seedDirectory } from './seed.ts'
import { untilStopped } from './until-stopped.ts'
import { localSettings, localVariables } from './variables.ts'

/** `npm start`: the local stack and the bundled Worker on workerd, until Ctrl-C. */
async function start(): Promise<void> {
  const { values } = parseArgs({
    options: {
      fresh: { type: 'boolean', default: false },
      dir: { type: 'string', default: join(ROOT, '.local') },
    },
  })
  const { dir } = values
  const { port, stack: ofStack } = localSettings()
  const log = progress()
  const stopped = untilStopped()

  if (values.fresh) {
    await rm(dir, { recursive: true, force: true })
    log(`Starting fresh: the data of earlier runs in ${dir} are gone`)
  }

  await using closers = new AsyncDisposableStack()
  const starting = [startStack({ dir, ...ofStack, log }), bundle(join(dir, 'worker'))] as const
  starting[0].then(
    (stack) => closers.defer(() => stack.close()),
    () => {},
  )
  await Promise.allSettled(starting)
  const [stack, { file, gzippedBytes }] = await Promise.all(starting)
  log(`Worker: bundled, ${Math.ceil(gzippedBytes / 1024)} KiB gzipped`)

  const variables = localVariables(stack.variables)
  await seedDirectory(variables)
  const worker = await startWorkerd({ dir: join(dir, 'worker'), file, port, variables })
  closers.defer(() => worker.close())

  process.stdout.write(welcome(worker.url, variables.ADMIN_TOKEN ?? '', worker.logFile))
  const ending = await Promise.race([stopped, worker.crashed])
  log(ending.startsWith('SIG') ? 'Stopping' : ending)
  if (!ending.startsWith('SIG')) process.exitCode = 1
}

function welcome(url: string, token: string, logFile: string): string {
  return `
Rockpool ready on ${url}
Dashboard: ${url}/dashboard
Admin token: ${token}

Try:
  curl -s -X POST ${url}/api/posts -H 'X-User-ID: user_a' -H 'Content-Type: application/json' -d '{"title":"Hello","content":"From the edge"}'
  curl -s '${url}/api/posts?limit=5' -H 'X-User-ID: user_a'
  curl -s ${url}/metrics/db-pool -H 'Authorization: Bearer ${token}'
  curl -s ${url}/health

What the Worker logs: ${relative(process.cwd(), logFile)}
Ctrl-C stops everything.
`
}

try {
  await start()
} catch (error) {
  process.stderr.write(`\nRockpool could not start: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
