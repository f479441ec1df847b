import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startPostgresProxy } from '../../dev/local/postgres/proxy.ts'
import type { PostgresServer } from '../../dev/local/postgres/server.ts'
import { startStandby } from '../../dev/local/postgres/standby.ts'
import { type Stack, startStack } from '../../dev/local/stack.ts'
import { bundle } from '../../dev/local/worker/bundle.ts'
import { startWorkerd } from '../../dev/local/worker/workerd.ts'
import { localVariables } from '../../dev/variables.ts'
import { clientOf } from '../support/client.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CALLERS = 8
const TENANTS = ['acme', 'globex']

const dir = temporaryFolder('replica')

let closers: AsyncDisposableStack
let stack: Stack
beforeEach(async () => {
  closers = new AsyncDisposableStack()
  stack = await startStack({ log: () => {} })
  closers.defer(() => stack.close())
})
afterEach(() => closers.disposeAsync())

/** The bundled Worker, which lists posts from replicas unless it is asked otherwise. */
async function startWorker(variables: Record<string, string> = {}) {
  const { file } = await bundle(dir)
  const worker = await startWorkerd({
    dir,
    file,
    variables: {
      ...localVariables(stack.variables),
      STRATEGY: 'dedicated',
      RATE_LIMITS: 'off',
      EVENTUAL_READS: 'posts.list',
      DB_REPLICA_WRITE_PIN: '0.5',
      ...variables,
    },
  })
  closers.defer(() => worker.close())
  const ask = await clientOf(worker.url)
  const list = async (tenant: string) => {
    const { status, headers, body } = await ask<{ posts?: { title: string }[] }>('/api/posts?limit=5', {
      headers: { 'x-user-id': tenant },
    })
    const servedBy = headers.get('x-served-by') ?? 'nobody'
    return { status, servedBy, titles: body.posts?.map(({ title }) => title) ?? [] }
  }
  return {
    events: () => readFileSync(worker.logFile, 'utf8'),
    async write(title: string) {
      for (const tenant of TENANTS) {
        const answer = await ask('/api/posts', {
          method: 'POST',
          headers: { 'x-user-id': tenant, 'content-type': 'application/json' },
          body: JSON.stringify({ title, content: '' }),
        })
        expect(answer.status).toBe(201)
      }
    },
    /** Until every tenant has found `title` on the replica of that name. */
    async untilFound(title: string, replica: string) {
      for (const tenant of TENANTS) {
        await expect
          .poll(() => list(tenant), { timeout: 20_000, interval: 10 })
          .toMatchObject({ servedBy: replica, titles: expect.arrayContaining([title]) })
      }
    },
    /** Callers that read one after the other while `work` runs. */
    async underLoad(work: (reads: Reads) => Promise<void>): Promise<Reads> {
      const reads = new Reads()
      let isOver = false
      const callers = Array.from({ length: CALLERS }, async (_, n) => {
        while (!isOver) {
          const started = performance.now()
          const { status, servedBy } = await list(TENANTS[n % TENANTS.length] ?? '')
          reads.all.push({ status, servedBy, ms: performance.now() - started })
        }
      })
      await work(reads)
      isOver = true
      await Promise.all(callers)
      return reads
    },
  }
}

/** What readers saw, in order. */
class Reads {
  readonly all: { readonly status: number; readonly servedBy: string; readonly ms: number }[] = []

  get failed() {
    return this.all.filter(({ status }) => status !== 200)
  }

  get slowestMs(): number {
    return Math.round(Math.max(...this.all.map(({ ms }) => ms)))
  }

  /** What part of the reads since the `from`th was served by `name`. */
  shareOf(name: string, from: number): number {
    const since = this.all.slice(from)
    return since.filter(({ servedBy }) => servedBy === name).length / since.length
  }
}

/** Kills a server as a machine that loses its power does. */
function kill(server: PostgresServer): void {
  process.kill(server.pid, 'SIGKILL')
}

it('a replica that is killed under load costs no request, and serves again once it is back', async () => {
  const { primary, replica } = stack.postgres
  const worker = await startWorker()
  await worker.write('before')
  await worker.untilFound('before', 'replica')

  let onPrimary = 0
  let returnMs = 0
  const reads = await worker.underLoad(async (so) => {
    await setTimeout(500)
    const from = so.all.length
    kill(replica)
    await setTimeout(2_500)
    await worker.write('meanwhile')
    onPrimary = so.shareOf('primary', from)
    await replica.close()
    const back = await startStandby(primary, { port: replica.port })
    closers.defer(() => back.close())
    const returnedAt = performance.now()
    await worker.untilFound('meanwhile', 'replica')
    returnMs = performance.now() - returnedAt
  })

  console.log(
    `${reads.all.length} reads, ${reads.failed.length} failed, slowest after ${reads.slowestMs} ms; ` +
      `${(100 * onPrimary).toFixed(1)} % on the primary while the replica was gone; ` +
      `in use again ${Math.round(returnMs)} ms after it was back`,
  )
  expect(reads.failed).toEqual([])
  expect(onPrimary).toBeGreaterThan(0.9)
  const events = worker.events()
  expect(events).toContain('replica.banned')
  expect(events).toContain('replica.recovered')
  expect(events).not.toContain('error.unexpected')
})

it('of two replicas one that is killed under load leaves its reads to the other', async () => {
  const { primary, replica } = stack.postgres
  const second = await startStandby(primary)
  closers.defer(() => second.close())
  const proxy = await startPostgresProxy({ target: { host: '127.0.0.1', port: second.port } })
  closers.defer(() => proxy.close())
  const worker = await startWorker({
    DB_REPLICA_DB_URL: `${replica.url},${second.url}`,
    NEON_WS_PROXY: `${stack.variables.NEON_WS_PROXY},127.0.0.1:${proxy.port}/v2`,
  })
  await worker.write('before')
  await worker.untilFound('before', 'replica-1')
  await worker.untilFound('before', 'replica-2')

  let before = [0, 0]
  let onSecond = 0
  const reads = await worker.underLoad(async (so) => {
    await setTimeout(1_000)
    before = ['replica-1', 'replica-2'].map((name) => so.shareOf(name, 0))
    const from = so.all.length
    kill(replica)
    await setTimeout(2_000)
    onSecond = so.shareOf('replica-2', from)
  })

  const shares = [...before, onSecond].map((share) => `${(100 * share).toFixed(1)} %`)
  console.log(`${reads.all.length} reads; of the first, of the second, of the second alone: ${shares}`)
  expect(reads.failed).toEqual([])
  for (const share of before) expect(share).toBeGreaterThan(0.3)
  expect(onSecond).toBeGreaterThan(0.9)
})
