import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, it } from 'vitest'
import { startPostgres } from '../../dev/local/postgres/server.ts'
import { clientOf } from '../support/client.ts'
import { type Started, started } from '../support/started.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** `npm start` as a newcomer meets it, with a data folder of its own. */

const dir = temporaryFolder('start')

/** What a test that fails half-way has not stopped; to stop it twice does nothing. */
const running: Started[] = []

afterEach(async () => {
  for (const one of running.splice(0)) await one.interrupt()
})

async function start(args: readonly string[], env?: Record<string, string>): Promise<Started> {
  const one = await started(args, env)
  running.push(one)
  return one
}

const post = async (url: string, tenant: string, title: string) => {
  const ask = await clientOf(url)
  return ask('/api/posts', {
    method: 'POST',
    headers: { 'x-user-id': tenant, 'content-type': 'application/json' },
    body: JSON.stringify({ title, content: 'kept' }),
  })
}

const titles = async (url: string, tenant: string) => {
  const ask = await clientOf(url)
  const { body } = await ask<{ posts: { title: string }[] }>('/api/posts', {
    headers: { 'x-user-id': tenant },
  })
  return body.posts.map((one) => one.title)
}

/** A Postgres beside the stack's, as somebody has one. */
async function ownPostgres() {
  const server = await startPostgres()
  return {
    url: server.url,
    async tables() {
      const client = new pg.Client(server.url)
      await client.connect()
      const { rows } = await client.query<{ tablename: string }>('SELECT tablename FROM pg_tables')
      await client.end()
      return rows.map(({ tablename }) => tablename)
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** Processes of this machine whose command line names the data folder. */
function left(): string[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
  return all.split('\n').filter((line) => line.includes(dir))
}

const TENANTS = ['user_a', 'acme']

/** A post of this run: a real MongoDB may have those of earlier ones. */
const titleBy = (tenant: string) => `by ${tenant} in ${basename(dir)}`

it('is ready, shows what to try, stops without a trace, and finds its data again', async () => {
  const first = await start(['--dir', dir])
  expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(first.adminToken.length).toBeGreaterThanOrEqual(32)
  expect(left().length).toBeGreaterThan(0)

  expect(first.examples).toHaveLength(4)
  for (const example of first.examples) {
    const answer = JSON.parse(execFileSync('sh', ['-c', example], { encoding: 'utf8' })) as {
      status?: unknown
    }
    // A problem has a number there; health has a word.
    expect(typeof answer.status, example).not.toBe('number')
  }
  for (const tenant of TENANTS) expect((await post(first.url, tenant, titleBy(tenant))).status).toBe(201)

  const { code, printed } = await first.interrupt()
  expect(code).toBe(0)
  expect(printed).toMatch(/\d\.\d s {2}Postgres: ready/)
  expect(left()).toEqual([])
  await expect(fetch(`${first.url}/health/live`)).rejects.toThrow()

  const second = await start(['--dir', dir])
  expect(second.adminToken).toBe(first.adminToken)
  for (const tenant of TENANTS) expect(await titles(second.url, tenant)).toContain(titleBy(tenant))
  await second.interrupt()

  const third = await start(['--dir', dir, '--fresh'])
  expect(await titles(third.url, 'acme')).toEqual([])
  // What is fresh is the folder: the data in somebody's own MongoDB are not for us to delete.
  if (process.env.MONGODB_URI) expect(await titles(third.url, 'user_a')).toContain(titleBy('user_a'))
  else expect(await titles(third.url, 'user_a')).toEqual([])
  await third.interrupt()
  expect(left()).toEqual([])
}, 120_000)

it.each(['dedicated', 'isolate'])(
  'a Postgres of the environment is where its tenants live, placed %s',
  async (STRATEGY) => {
    await using own = await ownPostgres()
    const one = await start(['--dir', dir], { DB_PRIMARY_DB_URL: own.url, STRATEGY, RATE_LIMITS: 'off' })
    const title = `on its own, ${STRATEGY}`
    expect((await post(one.url, 'acme', title)).status).toBe(201)
    expect(await titles(one.url, 'acme')).toEqual([title])
    expect(await own.tables()).toContain('posts')
    await one.interrupt()
  },
)

it('refuses a configuration that cannot be used first of all, naming every variable and no value', async () => {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'kept'), 'data of an earlier run')
  const env = {
    PORT: 'marked-port',
    DB_POOL_MAX_SIZE: 'marked-one',
    TENANTS: '{"marked-two": 5}',
    JWT_SECRET: 'marked-three',
  }
  const refusal = await start(['--dir', dir, '--fresh'], env).then(
    () => 'it started',
    (error: Error) => error.message,
  )
  for (const name of Object.keys(env)) expect(refusal).toContain(name)
  expect(refusal).not.toContain('marked-')
  // Nothing was begun: no database, no bundle, and what --fresh is to throw away is still there.
  expect(refusal).not.toMatch(/Postgres|MongoDB|Redis:|Worker/)
  expect(existsSync(join(dir, 'kept'))).toBe(true)
  expect(left()).toEqual([])
})
