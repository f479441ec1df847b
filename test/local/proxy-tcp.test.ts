import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { Faults } from '../../dev/local/faults.ts'
import { startPostgresProxy } from '../../dev/local/postgres/proxy.ts'
import { startTcpProxy, type TcpProxy } from '../../dev/local/tcp-proxy.ts'
import { disposable } from './support/disposable.ts'
import { pour, startTcpTarget, type TcpTarget } from './support/tcp-target.ts'

let faults: Faults
let target: TcpTarget
let proxy: TcpProxy
let onConnection: (socket: Socket) => void

beforeEach(async () => {
  faults = new Faults()
  onConnection = (socket) => socket.pipe(socket)
  target = await startTcpTarget((socket) => onConnection(socket))
  proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: target.port }, faults })
})
afterEach(async () => {
  await proxy.close()
  await target[Symbol.asyncDispose]()
})

test('everything comes back, after the client has ended its half', async () => {
  const value = randomBytes(5_000_000)
  const client = await dial()
  client.end(value)
  expect((await buffer(client)).equals(value)).toBe(true)
  await expect.poll(() => proxy.connectionCount()).toBe(0)
  expect(target.sockets.size).toBe(0)
})

test('an end of the server reaches the client, after all it has said', async () => {
  onConnection = (socket) => socket.end('goodbye')
  const client = await dial()
  expect(String(await buffer(client))).toBe('goodbye')
})

test('a reset by either side reaches the other', async () => {
  const first = await dial()
  await expect.poll(() => target.sockets.size).toBe(1)
  const [upstream] = target.sockets
  const upstreamBroken = new Promise<unknown>((resolve) => upstream?.once('error', resolve))
  first.resetAndDestroy()
  expect(await upstreamBroken).toMatchObject({ code: 'ECONNRESET' })
  const second = await dial()
  await expect.poll(() => target.sockets.size).toBe(1)
  const broken = new Promise<unknown>((resolve) => second.once('error', resolve))
  for (const socket of target.sockets) socket.resetAndDestroy()
  expect(await broken).toMatchObject({ code: 'ECONNRESET' })
  await expect.poll(() => proxy.connectionCount()).toBe(0)
})

test('a client is reset when the target cannot be reached', async () => {
  const lost = await startTcpProxy({ target: { host: '127.0.0.1', port: 1 } })
  const client = connect(lost.port, '127.0.0.1')
  const [error] = await once(client, 'error')
  expect(error).toMatchObject({ code: 'ECONNRESET' })
  await Promise.all([lost.close(), lost.close()])
  await expect(once(connect(lost.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
})

/** Long enough for one of two delays to show on a busy machine. */
const DELAY_MS = 400

test('a delay counts for the handshakes of a new connection too: TCP has one, a WebSocket two', async () => {
  await using webSockets = disposable(
    await startPostgresProxy({ target: { host: '127.0.0.1', port: target.port }, faults }),
  )
  faults.set({ delayMs: DELAY_MS })
  const dialled = performance.now()
  const client = await dial()
  const webSocket = new WebSocket(`ws://127.0.0.1:${webSockets.port}/v2`)
  await once(webSocket, 'open')
  const echo = async (since: number, send: () => void, answer: Promise<unknown>) => {
    send()
    await answer
    return (performance.now() - since) / DELAY_MS
  }
  const tcp = (since: number) => echo(since, () => client.write('a'), once(client, 'data'))
  const upgraded = (since: number) => echo(since, () => webSocket.send('a'), once(webSocket, 'message'))
  const first = await Promise.all([tcp(dialled), upgraded(dialled)])
  expect(first[0]).toBeGreaterThan(1.99)
  expect(first[1]).toBeGreaterThan(2.99)
  expect(await tcp(performance.now())).toBeLessThan(first[0])
  expect(await upgraded(performance.now())).toBeLessThan(first[1])
  client.destroy()
  webSocket.close()
})

test('a client that does not read holds the server back, and a delay holds no more than it must', async () => {
  const total = 96 * 1024 * 1024
  let written = 0
  onConnection = (socket) =>
    pour(socket, total, (bytes) => {
      written = bytes
    })
  faults.set({ delayMs: 100 })
  const client = await dial()
  client.pause()
  let last = -1
  const isSettled = () => {
    const isSame = written === last
    last = written
    return isSame
  }
  await expect.poll(isSettled, { interval: 300, timeout: 10_000 }).toBe(true)
  expect(written).toBeGreaterThan(8 * 1024 * 1024)
  expect(written).toBeLessThan(48 * 1024 * 1024)
  faults.clear()
  expect((await buffer(client)).length).toBe(total)
})

test.each(['tcp', 'websocket'])('a limit lets exactly that many bytes out over %s', async (kind) => {
  onConnection = (socket) => socket.write(Buffer.alloc(200_000))
  for (const limitBytes of [1, 1000, 65_536, 199_999]) {
    faults.set({ limitBytes })
    expect(await countReceived(kind), `${limitBytes}`).toBe(limitBytes)
  }
})

test('slices go out one by one', async () => {
  onConnection = (socket) => socket.end('abcdefg')
  faults.set({ sliceBytes: 3 })
  const messages: string[] = []
  await using webSockets = disposable(
    await startPostgresProxy({ target: { host: '127.0.0.1', port: target.port }, faults }),
  )
  const client = new WebSocket(`ws://127.0.0.1:${webSockets.port}/v2`)
  client.on('message', (data) => messages.push(String(data)))
  await once(client, 'close')
  expect(messages).toEqual(['abc', 'def', 'g'])
})

test('a limit set on a live connection counts from then on', async () => {
  const client = await dial()
  const received: Buffer[] = []
  client.on('data', (data) => received.push(data))
  client.write(Buffer.alloc(1000))
  await expect.poll(() => Buffer.concat(received).length).toBe(1000)
  faults.set({ limitBytes: 10 })
  client.write(Buffer.alloc(1000))
  await once(client, 'end')
  expect(Buffer.concat(received).length).toBe(1010)
})

async function dial(): Promise<Socket> {
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
  client.on('error', () => undefined)
  await once(client, 'connect')
  return client
}

async function countReceived(kind: string): Promise<number> {
  if (kind === 'tcp') return (await buffer(connect(proxy.port, '127.0.0.1'))).length
  await using webSockets = disposable(
    await startPostgresProxy({ target: { host: '127.0.0.1', port: target.port }, faults }),
  )
  const client = new WebSocket(`ws://127.0.0.1:${webSockets.port}/v2`)
  let received = 0
  client.on('message', (data: Buffer) => {
    received += data.length
  })
  await once(client, 'close')
  return received
}
