import { readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStack } from '../../dev/local/stack.ts'
import { bundle } from '../../dev/local/worker/bundle.ts'
import { startWorkerd, type Workerd } from '../../dev/local/worker/workerd.ts'
import { localVariables } from '../../dev/variables.ts'
import { BODY_TIMEOUT_MS } from '../../src/edge/body-limits.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const dir = temporaryFolder('bodies')
const closers = new AsyncDisposableStack()
let worker: Workerd

beforeAll(async () => {
  const stack = await startStack({ log: () => {} })
  closers.defer(() => stack.close())
  const { file } = await bundle(dir)
  worker = await startWorkerd({
    dir,
    file,
    variables: { ...localVariables(stack.variables), RATE_LIMITS: 'off' },
  })
  closers.defer(() => worker.close())
})

afterAll(async () => {
  await closers.disposeAsync()
  rmSync(dir, { recursive: true, force: true })
})

/** Begins a request whose body is never finished. */
function beginUnfinished(announced: number, path = '/api/posts'): Socket {
  const socket = connect(Number(new URL(worker.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: rockpool.test\r\nX-User-ID: user_a\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${announced}\r\nConnection: close\r\n\r\n{"title":`,
  )
  return socket
}

const answered = (socket: Socket) =>
  text(socket).then((answer) => ({ status: Number(answer.split(' ')[1]), answer }))

const create = () =>
  fetch(`${worker.url}/api/posts`, {
    method: 'POST',
    headers: { 'x-user-id': 'user_b', 'content-type': 'application/json' },
    body: '{"title":"a","content":""}',
  })

const log = () => readFileSync(worker.logFile, 'utf8').replaceAll('\\"', '"')

it('300 unfinished bodies are answered when their time is up, and hold nobody up meanwhile', async () => {
  const started = performance.now()
  const unfinished = Array.from({ length: 300 }, () => answered(beginUnfinished(5_000)))
  await setTimeout(500)
  const during = await Promise.all(Array.from({ length: 20 }, create))
  expect(during.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201))
  expect(performance.now() - started).toBeLessThan(BODY_TIMEOUT_MS)
  const answers = await Promise.all(unfinished)
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 300 }, () => 408))
  expect(answers[0]?.answer).toContain('"code":"request_timeout"')
})

it('a client that goes away while it sends is no error of ours', async () => {
  const sockets = Array.from({ length: 20 }, () => beginUnfinished(5_000))
  await setTimeout(500)
  for (const socket of sockets) socket.destroy()
  await expect.poll(() => log().match(/"status":499/g)?.length ?? 0).toBeGreaterThanOrEqual(20)
  expect(log()).not.toContain('error.unexpected')
})

it('unfinished bodies never hold more memory than their share, however much they announce', async () => {
  const sockets = Array.from({ length: 100 }, () => beginUnfinished(3_000_000))
  const answers = await Promise.all(sockets.map(answered))
  const of = (status: number) => answers.filter((one) => one.status === status)
  expect(of(503).length + of(408).length).toBe(100)
  expect(of(408).length).toBeLessThanOrEqual(11)
  expect(of(503)[0]?.answer).toContain('"code":"bodies_busy"')
  expect((await create()).status).toBe(201)
})
