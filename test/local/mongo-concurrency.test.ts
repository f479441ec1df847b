import type { Document } from 'mongodb'
import { expect, test } from 'vitest'
import { type Item, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo({ maxPoolSize: 50 })

const times = <T>(count: number, run: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => run(i)))

test('1,000 parallel increments count exactly', async () => {
  const items = mongo.db.collection<Item>('counter')
  await items.insertOne({ _id: 1, n: 0 })
  await times(1000, () => items.updateOne({ _id: 1 }, { $inc: { n: 1 } }))
  expect(await items.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1000 })
})

test('parallel findOneAndUpdate never gives one job twice', async () => {
  const jobs = mongo.db.collection<Item>('jobs')
  await jobs.insertMany(Array.from({ length: 100 }, (_, _id) => ({ _id, state: 'new' })))
  const taken = await times(150, (worker) =>
    jobs.findOneAndUpdate({ state: 'new' }, { $set: { state: 'taken', worker } }, { sort: { _id: 1 } }),
  )
  const ids = taken.filter((job) => job !== null).map(({ _id }) => _id)
  expect(ids).toHaveLength(100)
  expect(new Set(ids).size).toBe(100)
})

test('parallel upserts of one unique key make one document', async () => {
  const users = mongo.db.collection<Document>('users')
  await users.createIndex({ email: 1 }, { unique: true })
  await times(200, () => users.updateOne({ email: 'a' }, { $inc: { visits: 1 } }, { upsert: true }))
  expect(await users.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ email: 'a', visits: 200 }])
})

test('of parallel inserts with one key exactly one succeeds', async () => {
  const users = mongo.db.collection<Document>('seats')
  await users.createIndex({ seat: 1 }, { unique: true })
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) => users.insertOne({ seat: 1, i })),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})
