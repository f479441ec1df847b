import { spawnSync } from 'node:child_process'
import { MongoClient } from 'mongodb'
import { expect, test } from 'vitest'
import { startMongo } from '../../dev/local/mongo/server.ts'
import { failureOf, onlyOfTheStandIn } from './support/mongo.ts'
import { addressOf } from './support/program.ts'

onlyOfTheStandIn()

test('serverStatus counts the connections that there are', async () => {
  const server = await startMongo({})
  const watcher = new MongoClient(server.url)
  const status = async () => (await watcher.db('admin').command({ serverStatus: 1 })).connections
  // One client is its monitor and one connection of its pool.
  expect(await status()).toMatchObject({ current: 2, totalCreated: 2, active: 1 })

  const client = new MongoClient(server.url, { maxPoolSize: 5 })
  const admin = client.db('admin')
  const data = { failCommands: ['find'], blockConnection: true, blockTimeMS: 300 }
  await admin.command({ configureFailPoint: 'failCommand', mode: { times: 5 }, data })
  const finds = Array.from({ length: 5 }, () => client.db('a').collection('b').findOne())
  await expect.poll(async () => (await status()).active).toBe(6)
  expect((await status()).current).toBe(8)
  expect(server.connectionCount()).toBe(8)
  await Promise.all(finds)
  expect((await status()).active).toBe(1)

  await client.close()
  await expect.poll(() => server.connectionCount()).toBe(2)
  expect(await status()).toMatchObject({ current: 2, totalCreated: 8 })
  await watcher.close()
  await server.close()
})

test('a client that goes away in the middle of a command harms nobody', async () => {
  const server = await startMongo({})
  const watcher = new MongoClient(server.url)
  const data = { failCommands: ['find'], blockConnection: true, blockTimeMS: 10_000 }
  await watcher.db('admin').command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data })
  const leaver = new MongoClient(server.url, { retryReads: false })
  const find = failureOf(leaver.db('a').collection('b').findOne())
  await expect
    .poll(async () => (await watcher.db('admin').command({ serverStatus: 1 })).connections.active)
    .toBe(2)
  await leaver.close(true)
  await find
  await expect
    .poll(async () => (await watcher.db('admin').command({ serverStatus: 1 })).connections.active)
    .toBe(1)
  await watcher.close()
  await server.close()
})

test('close ends all connections, frees the port, and may be repeated', async () => {
  const server = await startMongo({})
  const client = new MongoClient(server.url, { serverSelectionTimeoutMS: 300 })
  await client.connect()
  await Promise.all([server.close(), server.close()])
  await server.close()
  expect(server.connectionCount()).toBe(0)
  expect((await failureOf(client.db('a').command({ ping: 1 }))).name).toMatch(/^Mongo/)
  await client.close()
  const again = await startMongo({ port: server.port })
  expect(again.port).toBe(server.port)
  await again.close()
})

test('a port that is taken is refused', async () => {
  const server = await startMongo({})
  expect(await failureOf(startMongo({ port: server.port }))).toMatchObject({ code: 'EADDRINUSE' })
  await server.close()
})

test('a process ends by itself after close: no timer or socket is left', () => {
  const script = `const { startMongo } = await import(${JSON.stringify(addressOf('dev/local/mongo/server.ts'))})
    const { MongoClient } = await import('mongodb')
    const server = await startMongo({})
    const client = new MongoClient(server.url)
    await client.db('a').collection('b').insertMany([{}, {}, {}])
    await client.db('a').collection('b').createIndex({ at: 1 }, { expireAfterSeconds: 1 })
    await client.db('a').collection('b').find({}, { batchSize: 1 }).next()
    await client.close(true)
    await server.close()
    // Handles are let go in the turn after their 'close'.
    await new Promise((resolve) => setTimeout(resolve, 20))
    console.log(process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY|File|FSReq)/.test(name)).join())`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: new URL('../../', import.meta.url),
    timeout: 15_000,
    encoding: 'utf8',
  })
  expect(result.stderr).toBe('')
  expect(result.status).toBe(0)
  expect(result.stdout.trim()).toBe('')
})
