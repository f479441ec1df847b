import {
  type AnyClientBulkWriteModel,
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb'
import { beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Item, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo()
beforeEach(() => mongo.db.collection('items').deleteMany({}))
const items = () => mongo.db.collection<Item>('items')

/** One value of every type that the driver can write, and the number types at their edges. */
const VALUES = {
  int: new Int32(5),
  negative: new Int32(-2147483648),
  wholeDouble: new Double(5),
  double: new Double(5.25),
  negativeZero: new Double(-0),
  nan: new Double(Number.NaN),
  infinite: new Double(Number.POSITIVE_INFINITY),
  largeDouble: new Double(2 ** 40),
  smallLong: Long.fromNumber(5),
  long: Long.fromString('9223372036854775807'),
  decimal: Decimal128.fromString('0.1000'),
  text: 'schön 🐸',
  empty: '',
  yes: true,
  nothing: null,
  date: new Date(1_700_000_000_123),
  id: new ObjectId('64b64c7f8f1b2a0001020304'),
  binary: new Binary(Buffer.from([1, 2, 3]), 0),
  uuid: new UUID('00112233-4455-6677-8899-aabbccddeeff'),
  regex: new BSONRegExp('^a.*b$', 'im'),
  timestamp: new Timestamp({ t: 7, i: 9 }),
  code: new Code('return 1'),
  min: new MinKey(),
  max: new MaxKey(),
  nested: { list: [new Double(1), new Int32(1), Long.ONE, [], {}], deep: { er: new Double(2) } },
}

const EXACT = { promoteValues: false, promoteLongs: false, bsonRegExp: true } as const

/** Type and value of everything in a document, as text. */
function typed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typed)
  if (value instanceof Double) return `double ${Object.is(value.value, -0) ? '-0' : value.value}`
  if (value instanceof Int32) return `int ${value.value}`
  if (value instanceof Long && !(value instanceof Timestamp)) return `long ${value}`
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype)
    return `${value.constructor.name} ${JSON.stringify(value)}`
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, typed(field)]))
}

describe('types', () => {
  test('every value comes back with the type it was stored with', async () => {
    await items().insertOne({ _id: 1, ...VALUES })
    const found = await items().findOne({ _id: 1 }, EXACT)
    expect(typed(found)).toEqual(typed({ _id: new Int32(1), ...VALUES }))
  })

  test('an update leaves the types of the other fields alone', async () => {
    await items().insertOne({ _id: 1, ...VALUES })
    await items().updateOne({ _id: 1 }, { $set: { added: 1 } })
    const found = await items().findOne({ _id: 1 }, EXACT)
    expect(typed(found)).toEqual(typed({ _id: new Int32(1), ...VALUES, added: new Int32(1) }))
  })

  test('a projection keeps types', async () => {
    await items().insertOne({ _id: 1, ...VALUES })
    const projection = { wholeDouble: 1, long: 1, 'nested.deep': 1 }
    const found = await items().findOne({ _id: 1 }, { ...EXACT, projection })
    const { wholeDouble, long, nested } = VALUES
    expect(typed(found)).toEqual(
      typed({ _id: new Int32(1), wholeDouble, long, nested: { deep: nested.deep } }),
    )
  })

  test('an aggregation keeps the types of fields that it passes on', async () => {
    await items().insertOne({ _id: 1, ...VALUES })
    const [found] = await items()
      .aggregate([{ $match: { _id: 1 } }, { $addFields: { sum: { $add: ['$wholeDouble', 1] } } }], EXACT)
      .toArray()
    expect(typed(found)).toMatchObject(
      typed({ wholeDouble: new Double(5), long: VALUES.long, nested: VALUES.nested }) as object,
    )
  })

  test('numbers are found across types', async () => {
    await items().insertMany([
      { _id: 1, n: new Double(5) },
      { _id: 2, n: Long.fromNumber(5) },
      { _id: 3, n: new Int32(5) },
      { _id: 4, n: Decimal128.fromString('5.0') },
    ])
    expect(await items().countDocuments({ n: 5 })).toBe(4)
    expect(await items().countDocuments({ n: { $type: 'long' } })).toBe(1)
    expect(await items().findOne({ _id: Long.fromNumber(3) as never })).toMatchObject({ _id: 3 })
  })
})

describe('insert', () => {
  test('an _id is made, and stored as the first field', async () => {
    const reply = await mongo.db.command({ insert: 'items', documents: [{ a: 1 }, { a: 2, _id: 'x' }] })
    expect(reply).toMatchObject({ n: 2, ok: 1 })
    const found = await items().find().toArray()
    expect(found.map((doc) => Object.keys(doc))).toEqual([
      ['_id', 'a'],
      ['_id', 'a'],
    ])
    expect(found[0]?._id).toBeInstanceOf(ObjectId)
  })

  test('an ordered batch ends at its first error, an unordered one goes on', async () => {
    const docs = [{ _id: 1 }, { _id: 1 }, { _id: 2 }]
    const ordered = await failureOf(items().insertMany(docs))
    expect(ordered).toMatchObject({ code: 11000, insertedCount: 1 })
    await items().deleteMany({})
    const unordered = await failureOf(items().insertMany(docs, { ordered: false }))
    expect(unordered).toMatchObject({ code: 11000, insertedCount: 2 })
    expect((unordered.writeErrors as { index: number }[]).map(({ index }) => index)).toEqual([1])
  })

  test('an _id that is an array or a pattern is refused', async () => {
    expect(await failureOf(items().insertOne({ _id: [1] as never }))).toMatchObject({ code: 53 })
    expect(await failureOf(items().insertOne({ _id: /a/ as never }))).toMatchObject({ code: 53 })
  })

  test('a document above 16 MiB is refused', async () => {
    const error = await failureOf(items().insertOne({ _id: 1, text: 'x'.repeat(16 * 1024 * 1024) }))
    expect(error.code ?? error.message).toSatisfy(
      (it) => it === 10334 || /large|size|RangeError/.test(String(it)),
    )
  })
})

describe('update, replace and delete', () => {
  beforeEach(() => items().insertMany([1, 2, 3].map((n) => ({ _id: n, n, kind: n > 1 ? 'b' : 'a' }))))

  test('one and many, counted as matched and modified', async () => {
    expect(await items().updateOne({ kind: 'b' }, { $set: { n: 9 } })).toMatchObject({ matchedCount: 1 })
    const many = await items().updateMany({ kind: 'b' }, { $set: { n: 9 } })
    expect(many).toMatchObject({ matchedCount: 2, modifiedCount: 1 })
    expect(await items().updateMany({ kind: 'none' }, { $set: { n: 9 } })).toMatchObject({ matchedCount: 0 })
  })

  test('a replacement keeps the _id and nothing else', async () => {
    await items().replaceOne({ _id: 1 }, { fresh: true })
    expect(await items().findOne({ _id: 1 })).toEqual({ _id: 1, fresh: true })
  })

  test('the _id cannot be changed', async () => {
    expect(await failureOf(items().updateOne({ _id: 1 }, { $set: { _id: 5 } }))).toMatchObject({ code: 66 })
    const replacement = { _id: 5 } as unknown as { n: number }
    expect(await failureOf(items().replaceOne({ _id: 1 }, replacement))).toMatchObject({ code: 66 })
  })

  test('delete one takes one, delete many all', async () => {
    expect(await items().deleteOne({ kind: 'b' })).toMatchObject({ deletedCount: 1 })
    expect(await items().deleteMany({})).toMatchObject({ deletedCount: 2 })
    expect(await items().estimatedDocumentCount()).toBe(0)
  })

  test('a bulk write runs all kinds of operations', async () => {
    const result = await items().bulkWrite([
      { insertOne: { document: { _id: 10 } } },
      { updateOne: { filter: { _id: 11 }, update: { $set: { a: 1 } }, upsert: true } },
      { updateMany: { filter: { kind: 'b' }, update: { $inc: { n: 1 } } } },
      { replaceOne: { filter: { _id: 1 }, replacement: { r: 1 } } },
      { deleteOne: { filter: { _id: 10 } } },
    ])
    expect(result).toMatchObject({ insertedCount: 1, upsertedCount: 1, modifiedCount: 3, deletedCount: 1 })
    expect(result.upsertedIds).toEqual({ 1: 11 })
  })

  test('a client bulk write spans collections', async ({ skip }) => {
    skip(mongo.maxWireVersion < 25, 'the command bulkWrite came with MongoDB 8')
    const namespace = `${mongo.db.databaseName}.items`
    const models: AnyClientBulkWriteModel<Document>[] = [
      { namespace, name: 'updateMany', filter: { kind: 'b' }, update: { $set: { kind: 'c' } } },
      { namespace: `${mongo.db.databaseName}.others`, name: 'insertOne', document: { a: 1 } },
      { namespace, name: 'deleteOne', filter: { n: 1 } },
    ]
    const result = await mongo.client.bulkWrite(models, { verboseResults: true })
    expect(result).toMatchObject({ modifiedCount: 2, insertedCount: 1, deletedCount: 1 })
    expect(result.updateResults?.get(0)).toMatchObject({ matchedCount: 2 })
  })
})

describe('upsert', () => {
  test('starts from the equality conditions of the filter', async () => {
    const filter = { a: 1, 'b.c': 2, d: { $gt: 3 }, $and: [{ e: { $eq: 5 } }], f: { $in: [6] } }
    const result = await items().updateOne(
      filter,
      { $set: { g: 7 }, $setOnInsert: { h: 8 } },
      { upsert: true },
    )
    expect(result.upsertedCount).toBe(1)
    expect(await items().findOne({ g: 7 }, { projection: { _id: 0 } })).toEqual({
      a: 1,
      b: { c: 2 },
      e: 5,
      f: 6,
      g: 7,
      h: 8,
    })
  })

  test('$setOnInsert does nothing to a document that is there', async () => {
    await items().insertOne({ _id: 1 })
    await items().updateOne({ _id: 1 }, { $setOnInsert: { h: 8 } }, { upsert: true })
    expect(await items().findOne({ _id: 1 })).toEqual({ _id: 1 })
  })

  test('a replacement takes only the _id from the filter', async () => {
    await items().replaceOne({ _id: 4, a: 1 }, { b: 2 }, { upsert: true })
    expect(await items().findOne({ _id: 4 })).toEqual({ _id: 4, b: 2 })
  })
})

describe('findAndModify', () => {
  beforeEach(() => items().insertMany([1, 2, 3].map((n) => ({ _id: n, n }))))

  test('gives the document before or after', async () => {
    expect(await items().findOneAndUpdate({ n: 2 }, { $inc: { n: 10 } })).toEqual({ _id: 2, n: 2 })
    const after = await items().findOneAndUpdate({ _id: 2 }, { $inc: { n: 1 } }, { returnDocument: 'after' })
    expect(after).toEqual({ _id: 2, n: 13 })
  })

  test('takes the first in order and projects it', async () => {
    const options = { sort: { n: -1 }, projection: { _id: 0, n: 1 } } as const
    expect(await items().findOneAndDelete({}, options)).toEqual({ n: 3 })
    expect(await items().findOneAndReplace({}, { r: 1 }, { ...options, returnDocument: 'after' })).toEqual({})
  })

  test('tells what it did', async () => {
    const options = { includeResultMetadata: true, upsert: true, returnDocument: 'after' } as const
    const result = await items().findOneAndUpdate({ _id: 9 }, { $set: { a: 1 } }, options)
    expect(result).toMatchObject({
      value: { _id: 9, a: 1 },
      lastErrorObject: { updatedExisting: false, upserted: 9 },
    })
    expect(await items().findOneAndUpdate({ _id: 77 }, { $set: { a: 1 } })).toBeNull()
  })
})
