import { type Collection, type Document, Long } from 'mongodb'
import { beforeAll } from 'vitest'
import { type Item, type Mongo, sharedMongo } from './mongo.ts'

interface Shop {
  readonly mongo: Mongo
  orders(): Collection<Item>
  /** Runs a pipeline on the orders. */
  run(pipeline: Document[], options?: object): Promise<Document[]>
}

/** A database with a few orders and users for all tests of a file. */
export function sharedShop(): Shop {
  const mongo = sharedMongo()
  const orders = () => mongo.db.collection<Item>('orders')
  beforeAll(async () => {
    await orders().insertMany([
      { _id: 1, user: 'ann', total: 10, items: ['pen', 'ink'], at: new Date(Date.UTC(2026, 0, 15)) },
      { _id: 2, user: 'bob', total: 20.5, items: [], at: new Date(Date.UTC(2026, 1, 1)) },
      { _id: 3, user: 'ann', total: 30, items: ['pad'], at: new Date(Date.UTC(2026, 1, 2)) },
      { _id: 4, user: 'cy', total: Long.fromNumber(40), at: null },
    ])
    await mongo.db.collection<Document>('users').insertMany([
      { _id: 'ann' as never, name: 'Ann', teams: ['red', 'blue'] },
      { _id: 'bob' as never, name: 'Bob', teams: ['red'] },
    ])
  })
  return { mongo, orders, run: (pipeline, options) => orders().aggregate(pipeline, options).toArray() }
}
