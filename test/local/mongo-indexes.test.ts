import { Double } from 'mongodb'
import { beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Item, REAL_URI, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo()
const users = () => mongo.db.collection<Item>('users')
beforeEach(() => mongo.db.dropCollection('users'))

describe('a unique index', () => {
  test('refuses a second document on every way in', async () => {
    await users().createIndex({ email: 1 }, { unique: true })
    await users().insertMany([
      { _id: 1, email: 'a' },
      { _id: 2, email: 'b' },
    ])
    const attempts = [
      () => users().insertOne({ _id: 3, email: 'a' }),
      () => users().updateOne({ _id: 2 }, { $set: { email: 'a' } }),
      () => users().replaceOne({ _id: 2 }, { email: 'a' }),
      () => users().updateOne({ _id: 4 }, { $set: { email: 'a' } }, { upsert: true }),
      () => users().findOneAndUpdate({ _id: 2 }, { $set: { email: 'a' } }),
      () => users().findOneAndReplace({ _id: 5 }, { email: 'a' }, { upsert: true }),
    ]
    for (const attempt of attempts) expect(await failureOf(attempt())).toMatchObject({ code: 11000 })
    expect(await users().find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, email: 'a' },
      { _id: 2, email: 'b' },
    ])
  })

  test('says which key is there already', async () => {
    await users().createIndex({ tenant: 1, email: -1 }, { unique: true })
    await users().insertOne({ _id: 1, tenant: 7, email: 'a' })
    const error = await failureOf(users().insertOne({ _id: 2, tenant: 7, email: 'a' }))
    expect(error).toMatchObject({ keyPattern: { tenant: 1, email: -1 }, keyValue: { tenant: 7, email: 'a' } })
    const namespace = `${mongo.db.databaseName}.users`
    expect(error.message).toBe(
      `E11000 duplicate key error collection: ${namespace} index: tenant_1_email_-1 dup key: { tenant: 7, email: "a" }`,
    )
  })

  test('sees 1, 1.0 and a missing field as MongoDB does', async () => {
    await users().createIndex({ n: 1 }, { unique: true })
    await users().insertMany([{ _id: 1, n: 1 }, { _id: 2 }])
    expect(await failureOf(users().insertOne({ _id: 3, n: new Double(1) }))).toMatchObject({ code: 11000 })
    expect(await failureOf(users().insertOne({ _id: 4, n: null }))).toMatchObject({ code: 11000 })
  })

  test('holds for the elements of arrays, but not within one document', async () => {
    await users().createIndex({ tags: 1 }, { unique: true })
    await users().insertOne({ _id: 1, tags: ['a', 'a', 'b'] })
    expect(await failureOf(users().insertOne({ _id: 2, tags: ['b', 'c'] }))).toMatchObject({ code: 11000 })
    await users().updateOne({ _id: 1 }, { $set: { tags: ['a'] } })
    await users().insertOne({ _id: 2, tags: ['b', 'c'] })
  })

  test('that is sparse leaves out documents without the field', async () => {
    await users().createIndex({ email: 1 }, { unique: true, sparse: true })
    await users().insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3, email: 'a' }])
    expect(await failureOf(users().insertOne({ _id: 4, email: 'a' }))).toMatchObject({ code: 11000 })
    expect(await users().countDocuments({ email: null })).toBe(2)
  })

  test('that is partial holds for the documents of its filter', async () => {
    const partialFilterExpression = { active: true }
    await users().createIndex({ email: 1 }, { unique: true, partialFilterExpression })
    await users().insertMany([
      { _id: 1, email: 'a', active: true },
      { _id: 2, email: 'a', active: false },
    ])
    expect(await failureOf(users().updateOne({ _id: 2 }, { $set: { active: true } }))).toMatchObject({
      code: 11000,
    })
    await users().updateOne({ _id: 1 }, { $set: { active: false } })
    await users().updateOne({ _id: 2 }, { $set: { active: true } })
  })

  test('is not made over documents that break it', async () => {
    await users().insertMany([
      { _id: 1, email: 'a' },
      { _id: 2, email: 'a' },
    ])
    expect(await failureOf(users().createIndex({ email: 1 }, { unique: true }))).toMatchObject({
      code: 11000,
    })
    expect(await users().indexes()).toHaveLength(1)
  })

  test('frees a key when its document goes', async () => {
    await users().createIndex({ email: 1 }, { unique: true })
    await users().insertOne({ _id: 1, email: 'a' })
    await users().deleteOne({ _id: 1 })
    await users().insertOne({ _id: 2, email: 'a' })
    await users().updateOne({ _id: 2 }, { $set: { email: 'b' } })
    await users().insertOne({ _id: 3, email: 'a' })
  })
})

test('the _id is always unique', async () => {
  await users().insertOne({ _id: 1 })
  const error = await failureOf(users().insertOne({ _id: 1 }))
  expect(error).toMatchObject({ code: 11000, keyPattern: { _id: 1 }, keyValue: { _id: 1 } })
  expect(error.message).toContain('index: _id_ dup key: { _id: 1 }')
})

describe('indexes', () => {
  test('are listed, found again and dropped', async () => {
    expect(await users().createIndex({ a: 1, b: -1 })).toBe('a_1_b_-1')
    await users().createIndex({ a: 1, b: -1 })
    expect((await users().indexes()).map(({ name }) => name)).toEqual(['_id_', 'a_1_b_-1'])
    await users().dropIndex('a_1_b_-1')
    expect(await users().indexExists('a_1_b_-1')).toBe(false)
    expect(await failureOf(users().dropIndex('a_1_b_-1'))).toMatchObject({ code: 27 })
    expect(await failureOf(users().dropIndex('_id_'))).toMatchObject({ code: 72 })
  })

  test('with the same name or keys but other terms are refused', async () => {
    await users().createIndex({ a: 1 }, { name: 'one' })
    expect(await failureOf(users().createIndex({ b: 1 }, { name: 'one' }))).toMatchObject({ code: 86 })
    expect(await failureOf(users().createIndex({ a: 1 }, { name: 'two' }))).toMatchObject({ code: 85 })
  })

  test('never change what a query finds', async () => {
    const docs = Array.from({ length: 300 }, (_, _id) => ({
      _id,
      a: _id % 7,
      b: _id % 11 === 0 ? null : [`t${_id % 13}`, _id % 5],
      c: new Date(1000 * (_id % 17)),
    }))
    await users().insertMany(docs)
    const queries: [object, object][] = [
      [{ a: 3 }, { _id: 1 }],
      [
        { a: { $in: [1, 3] }, c: { $gte: new Date(5000) } },
        { c: -1, _id: 1 },
      ],
      [
        { a: 2, c: { $gt: new Date(3000), $lt: new Date(9000) } },
        { c: 1, _id: -1 },
      ],
      [{ b: 't3' }, { a: 1, c: -1, _id: 1 }],
      [{ b: { $gte: 2, $lt: 4 } }, { _id: 1 }],
      [{ b: null }, { _id: -1 }],
      [{ c: { $lte: new Date(4000) } }, { c: -1, a: 1, _id: 1 }],
      [{}, { a: -1, c: 1, _id: 1 }],
      [{ _id: { $gt: 100, $lte: 120 } }, { _id: -1 }],
    ]
    const answers = () =>
      Promise.all(
        queries.map(([filter, sort]) =>
          users()
            .find(filter)
            .sort(sort as never)
            .toArray(),
        ),
      )
    const before = await answers()
    await users().createIndexes([
      { key: { a: 1, c: -1 } },
      { key: { b: 1 } },
      { key: { c: -1, a: 1, _id: -1 } },
      { key: { a: -1, c: 1, _id: 1 } },
    ])
    expect(await answers()).toEqual(before)
    expect(before.every((found) => found.length > 0)).toBe(true)
  })

  test('are used for equality and for order', async () => {
    await users().createIndex({ tenant: 1, at: -1 })
    await users().insertMany(Array.from({ length: 50 }, (_, _id) => ({ _id, tenant: _id % 2, at: _id })))
    const plan = await users().find({ tenant: 1 }).sort({ at: -1 }).limit(3).explain('queryPlanner')
    expect(JSON.stringify(plan)).toContain('"indexName":"tenant_1_at_-1"')
    expect(JSON.stringify(plan)).not.toContain('"stage":"SORT"')
  })

  // A real server may have begun a sleep of a minute before it is told to sleep less.
  const ttlTimeout = REAL_URI ? 70_000 : 5000
  test('with a lifetime delete what has expired', { timeout: ttlTimeout + 20_000 }, async () => {
    await mongo.db.admin().command({ setParameter: 1, ttlMonitorSleepSecs: 1 })
    try {
      await users().createIndex({ at: 1 }, { expireAfterSeconds: 60 })
      await users().insertMany([
        { _id: 1, at: new Date(Date.now() - 120_000) },
        { _id: 2, at: new Date() },
        { _id: 3 },
      ])
      await expect.poll(() => users().distinct('_id'), { timeout: ttlTimeout, interval: 100 }).toEqual([2, 3])
    } finally {
      await mongo.db.admin().command({ setParameter: 1, ttlMonitorSleepSecs: 60 })
    }
  })
})
