import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Double, Long, MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startMongo } from '../../dev/local/mongo/server.ts'
import { failureOf, type Item, onlyOfTheStandIn } from './support/mongo.ts'
import { addressOf, startProgram } from './support/program.ts'

onlyOfTheStandIn()

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mongo-persistence-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Starts a server in the directory, uses it and closes it. */
async function withServer<T>(
  use: (client: MongoClient) => Promise<T>,
  log?: (line: string) => void,
): Promise<T> {
  const server = await startMongo({ dir, ...(log ? { log } : {}) })
  const client = new MongoClient(server.url)
  try {
    return await use(client)
  } finally {
    await client.close()
    await server.close()
  }
}

const items = (client: MongoClient) => client.db('shop').collection<Item>('items')
const EXACT = { promoteValues: false, promoteLongs: false } as const

test('a second start finds documents, indexes and empty collections', async () => {
  const before = await withServer(async (client) => {
    await items(client).createIndex({ n: 1 }, { unique: true, sparse: true })
    await items(client).insertMany([
      { _id: 1, n: new Double(1), long: Long.MAX_VALUE },
      { _id: 2, n: 2 },
      { _id: 3, n: 3 },
    ])
    await items(client).updateOne({ _id: 2 }, { $set: { changed: true } })
    await items(client).deleteOne({ _id: 3 })
    await client.db('shop').createCollection('empty')
    await client.db('shop').createCollection('dropped')
    await client.db('shop').dropCollection('dropped')
    await client.db('other').collection('gone').insertOne({ a: 1 })
    await client.db('other').dropDatabase()
    return items(client).find({}, EXACT).toArray()
  })
  await withServer(async (client) => {
    expect(await items(client).find({}, EXACT).toArray()).toEqual(before)
    expect(before).toHaveLength(2)
    expect((await items(client).indexes()).map(({ name, unique }) => [name, unique])).toEqual([
      ['_id_', undefined],
      ['n_1', true],
    ])
    expect(await failureOf(items(client).insertOne({ _id: 9, n: 2 }))).toMatchObject({ code: 11000 })
    const names = (await client.db('shop').listCollections().toArray()).map(({ name }) => name)
    expect(names.sort()).toEqual(['empty', 'items'])
    const { databases } = await client.db().admin().listDatabases()
    expect(databases.map(({ name }) => name)).toEqual(['shop'])
  })
})

describe('after kill -9', () => {
  test('everything acknowledged is there', async () => {
    const program = startProgram(`
      const { startMongo } = await import(${JSON.stringify(addressOf('dev/local/mongo/server.ts'))})
      const server = await startMongo({ dir: ${JSON.stringify(dir)} })
      console.log(server.url)`)
    const client = new MongoClient(await program.line(), {
      serverSelectionTimeoutMS: 500,
      retryWrites: false,
    })
    const acknowledged: number[] = []
    let next = 0
    const writer = async () => {
      for (;;) {
        const _id = next++
        const ok = await items(client)
          .insertOne({ _id, text: 'x'.repeat(100) })
          .then(
            () => true,
            () => false,
          )
        if (!ok) return
        acknowledged.push(_id)
        if (acknowledged.length === 500) program.kill()
      }
    }
    await Promise.all(Array.from({ length: 8 }, writer))
    await program.ended
    await client.close()

    expect(acknowledged.length).toBeGreaterThanOrEqual(500)
    // The lock of the killed process is recognised as stale.
    await withServer(async (second) => {
      const found = new Set((await items(second).find().toArray()).map(({ _id }) => _id))
      expect(acknowledged.filter((_id) => !found.has(_id))).toEqual([])
    })
  })

  test('an unfinished entry at the end is dropped, what is before it stays', async () => {
    await withServer((client) => items(client).insertMany([{ _id: 1 }, { _id: 2 }]))
    const path = join(dir, 'data.log')
    const whole = readFileSync(path)
    for (const cut of [1, 9, 20]) {
      writeFileSync(path, Buffer.concat([whole, whole.subarray(0, cut)]))
      const lines: string[] = []
      await withServer(
        async (client) => {
          expect(await items(client).countDocuments()).toBe(2)
          await items(client).insertOne({ _id: 3 })
        },
        (line) => lines.push(line),
      )
      expect(lines.join()).toContain(`an unfinished entry of ${cut} bytes was dropped`)
      await withServer(async (client) => {
        expect(await items(client).countDocuments()).toBe(3)
        await items(client).deleteOne({ _id: 3 })
      })
    }
  })

  test('damaged bytes are set aside, not lost silently', async () => {
    await withServer((client) => items(client).insertOne({ _id: 1 }))
    appendFileSync(join(dir, 'data.log'), Buffer.alloc(64, 1).fill(5, 0, 1).fill(0, 1, 4))
    const lines: string[] = []
    await withServer(
      async (client) => expect(await items(client).countDocuments()).toBe(1),
      (line) => lines.push(line),
    )
    expect(lines.join()).toContain('data.log.damaged')
    expect(statSync(join(dir, 'data.log.damaged')).size).toBe(64)
  })
})

test('the log does not grow with every update', async () => {
  const text = 'x'.repeat(200_000)
  await withServer(async (client) => {
    for (let i = 0; i < 60; i++) await items(client).replaceOne({ _id: 1 }, { i, text }, { upsert: true })
    await items(client).createIndex({ i: 1 })
    expect(statSync(join(dir, 'data.log')).size).toBeLessThan(6_000_000)
  })
  await withServer(async (client) => {
    expect(await items(client).findOne({ _id: 1 }, { projection: { i: 1 } })).toEqual({ _id: 1, i: 59 })
    expect(await items(client).indexes()).toHaveLength(2)
  })
})

test('a second server in the same directory is refused, and is told who has it', async () => {
  await withServer(async () => {
    expect((await failureOf(startMongo({ dir }))).message).toContain(
      `in use by the process with pid ${process.pid}`,
    )
  })
})
