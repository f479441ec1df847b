import { Long } from 'mongodb'
import { beforeAll, describe, expect, test } from 'vitest'
import { failureOf, type Item, REAL_URI, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo()
const items = () => mongo.db.collection<Item>('items')
beforeAll(async () => {
  await items().insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id })))
})

const find = (command: object) => mongo.db.command({ find: 'items', ...command })
const getMore = (id: unknown, batchSize?: number) =>
  mongo.db.command(
    { getMore: id, collection: 'items', ...(batchSize ? { batchSize } : {}) },
    { promoteLongs: false },
  )
/** A cursor's id as the server gave it. */
const open = async (batchSize: number) =>
  (await mongo.db.command({ find: 'items', batchSize }, { promoteLongs: false })).cursor

describe('a cursor', () => {
  test('gives every document once, whatever the batch size', async () => {
    for (const batchSize of [1, 7, 100, 500, 1000]) {
      const found = await items().find({}, { batchSize }).toArray()
      expect(found.map(({ _id }) => _id)).toEqual([...Array(500).keys()])
    }
  })

  test('gives 101 documents first unless told otherwise', async () => {
    expect((await find({})).cursor.firstBatch).toHaveLength(101)
    expect((await find({ batchSize: 3 })).cursor.firstBatch).toHaveLength(3)
    expect((await find({ batchSize: 0 })).cursor.firstBatch).toHaveLength(0)
  })

  test('ends with id 0', async () => {
    const cursor = await open(400)
    const reply = await getMore(cursor.id)
    expect(reply.cursor.nextBatch).toHaveLength(100)
    expect(String(reply.cursor.id)).toBe('0')
  })

  test('of a single batch is never left open', async () => {
    expect(String((await find({ batchSize: 2, singleBatch: true })).cursor.id)).toBe('0')
    expect(String((await find({ limit: 5 })).cursor.id)).toBe('0')
  })

  test('that was killed is not found any more', async () => {
    const { id } = await open(2)
    const reply = await mongo.db.command({ killCursors: 'items', cursors: [id, Long.fromNumber(12345)] })
    expect(reply.cursorsKilled).toHaveLength(1)
    expect(reply.cursorsNotFound).toHaveLength(1)
    expect(await failureOf(getMore(id))).toMatchObject({ code: 43, codeName: 'CursorNotFound' })
  })

  test('that the client closes is closed on the server', async () => {
    const cursor = items().find({}, { batchSize: 2 })
    await cursor.next()
    const { id } = cursor
    await cursor.close()
    expect(await failureOf(getMore(id))).toMatchObject({ code: 43 })
  })

  test('of a collection that is dropped goes with it', async () => {
    const gone = mongo.db.collection<Item>('gone')
    await gone.insertMany(Array.from({ length: 10 }, (_, _id) => ({ _id })))
    const cursor = gone.find({}, { batchSize: 2 })
    await cursor.next()
    await gone.drop()
    await failureOf(cursor.toArray())
  })

  test('goes on while documents come and go', async () => {
    const busy = mongo.db.collection<Item>('busy')
    await busy.insertMany(Array.from({ length: 100 }, (_, _id) => ({ _id, n: _id })))
    await busy.createIndex({ n: 1 })
    for (const sort of [{}, { n: 1 }] as const) {
      const seen = new Set<number>()
      for await (const { _id } of busy.find({ n: { $gte: 0 } }, { batchSize: 5, sort })) {
        seen.add(_id)
        if (_id % 10 === 0) await busy.updateOne({ _id }, { $set: { touched: true } })
      }
      expect(seen.size).toBe(100)
    }
  })

  test('never gives more than 16 MiB at once', async () => {
    const large = mongo.db.collection<Item>('large')
    const text = 'x'.repeat(6 * 1024 * 1024)
    for (const _id of [1, 2, 3]) await large.insertOne({ _id, text })
    const { cursor } = await mongo.db.command({ find: 'large' })
    expect(cursor.firstBatch.map(({ _id }: Item) => _id)).toEqual([1, 2])
    expect(await large.find().toArray()).toHaveLength(3)
  })

  test('goes after its timeout', async () => {
    const admin = mongo.db.admin()
    const { id } = await open(2)
    await admin.command({ setParameter: 1, cursorTimeoutMillis: 1 })
    try {
      await new Promise((resolve) => setTimeout(resolve, REAL_URI ? 9000 : 5))
      expect(await failureOf(getMore(id))).toMatchObject({ code: 43 })
    } finally {
      await admin.command({ setParameter: 1, cursorTimeoutMillis: 600_000 })
    }
  })

  test('cannot be read through another collection', async () => {
    const { id } = await open(2)
    expect(await failureOf(mongo.db.command({ getMore: id, collection: 'other' }))).toMatchObject({
      code: 13,
    })
    expect((await getMore(id, 3)).cursor.nextBatch).toHaveLength(3)
  })
})
