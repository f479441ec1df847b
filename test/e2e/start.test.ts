import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { clientOf } from '../support/client.ts'
import { type Started, started } from '../support/started.ts'

/** `npm start` as a newcomer meets it, with a data folder of its own. */

const dir = mkdtempSync(join(tmpdir(), 'rockpool-start-'))

afterAll(() => rmSync(dir, { recursive: true, force: true }))

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

it('refuses a configuration that cannot be used, naming every variable and no value', async () => {
  const env = { DB_POOL_MAX_SIZE: 'marked-one', TENANTS: '{"marked-two": 5}', JWT_SECRET: 'marked-three' }
  const refusal = await start(['--dir', dir], env).then(
    () => 'it started',
    (error: Error) => error.message,
  )
  for (const name of Object.keys(env)) expect(refusal).toContain(name)
  expect(refusal).not.toContain('marked-')
  expect(left()).toEqual([])
})
