import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../dev/local/worker/bundle.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** `npm run dev` in a copy of the project, whose files may be edited. */

const dir = temporaryFolder('dev')

/** A route whose answer is in one line of a file. */
const EDITED = 'src/edge/app.ts'

function copyProject(): void {
  for (const name of ['src', 'dev', 'package.json', 'wrangler.toml', 'tsconfig.json', 'tsconfig.base.json']) {
    cpSync(join(ROOT, name), join(dir, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
}

it('answers with what src says, also after an edit', async () => {
  copyProject()
  const child = spawn('node', [join(dir, 'dev/dev.ts')], {
    cwd: dir,
    env: { ...process.env, PORT: '0', WRANGLER_SEND_METRICS: 'false', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  }
  try {
    const address = () => /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(printed)?.[1]
    await expect.poll(address, { timeout: 50_000 }).toBeDefined()
    const isAlive = async () => (await fetch(`${address()}/health/live`)).text()
    expect(JSON.parse(await isAlive())).toEqual({ status: 'alive' })
    const file = join(dir, EDITED)
    const source = readFileSync(file, 'utf8')
    writeFileSync(file, source.replace("status: 'alive'", "status: 'edited'"))
    await expect.poll(isAlive, { timeout: 50_000 }).toContain('edited')
  } finally {
    child.kill('SIGINT')
    await exited
  }
}, 120_000)

it('refuses a configuration that cannot be used before it starts anything', () => {
  const env = {
    ...process.env,
    DB_POOL_MAX_SIZE: 'marked-size',
    UPSTASH_REDIS_REST_URL: 'https://one.upstash.io',
  }
  const { status, stderr } = spawnSync('node', [join(ROOT, 'dev/dev.ts')], { env, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('DB_POOL_MAX_SIZE: ')
  expect(stderr).not.toMatch(/marked-|Postgres:/)
})
