import { describe, expect, test } from 'vitest'
import { failureOf, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo()

/** Past the driver's own checks, which differ from the server's. */
const insertInto = (db: string, collection: string) =>
  mongo.client.db(db, {}).command({ insert: collection, documents: [{ a: 1 }] })

describe('a database name', () => {
  test.each(['a/b', 'a\\b', 'a b', 'a"b', 'a$b', 'a*b', 'a<b', 'a:b', 'a|b', 'a?b', 'x'.repeat(64)])(
    '%s is refused',
    async (name) => {
      const attempt = async () => insertInto(name, 'c')
      const error = await failureOf(attempt())
      expect(error.code ?? error.name).toSatisfy((it) => it === 73 || it === 'MongoInvalidArgumentError')
    },
  )

  test('of 63 characters is fine', async () => {
    const name = `${mongo.db.databaseName}_${'x'.repeat(62 - mongo.db.databaseName.length)}`
    expect(await insertInto(name, 'c')).toMatchObject({ n: 1 })
    await mongo.client.db(name).dropDatabase()
  })

  test('that differs from another only by case is refused', async () => {
    await insertInto(mongo.db.databaseName, 'c')
    const other = mongo.db.databaseName.toUpperCase()
    try {
      const error = await failureOf(insertInto(other, 'c'))
      expect(error).toMatchObject({ code: 13297, codeName: 'DatabaseDifferCase' })
    } finally {
      // A server that takes it must not keep it; one that refuses it refuses this too.
      await mongo.client
        .db(other)
        .dropDatabase()
        .catch(() => undefined)
    }
  })
})

describe('a collection name', () => {
  test.each(['a$b', '', '.a', 'a.', 'nul\0nul', 'system.mine'])('%j is refused', async (name) => {
    expect(await failureOf(insertInto(mongo.db.databaseName, name))).toMatchObject({ code: 73 })
  })

  test.each(['a.b', 'ünïcode', 'with space', '__proto__', 'constructor'])('%j is fine', async (name) => {
    expect(await insertInto(mongo.db.databaseName, name)).toMatchObject({ n: 1 })
    expect(await mongo.db.collection(name).countDocuments()).toBe(1)
  })
})

describe('the catalogue', () => {
  test('lists what there is', async () => {
    const db = mongo.client.db(`${mongo.db.databaseName}_cat`)
    await db.createCollection('empty')
    await db.collection('full').insertOne({ a: 1 })
    const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)
    expect(names.sort()).toEqual(['empty', 'full'])
    expect(await db.listCollections({ name: 'full' }).toArray()).toMatchObject([
      { name: 'full', type: 'collection' },
    ])
    const { databases } = await db.admin().listDatabases({ nameOnly: true })
    expect(databases.map(({ name }) => name)).toContain(db.databaseName)
    expect(await db.stats()).toMatchObject({ collections: 2, objects: 1 })
    expect(await db.collection('full').drop()).toBe(true)
    await db.dropDatabase()
    expect(await db.listCollections().toArray()).toEqual([])
  })

  test('a collection is not made again with other options', async () => {
    await mongo.db.createCollection('twice')
    const again = mongo.db.createCollection('twice', { validator: { a: 1 } })
    expect(await failureOf(again)).toMatchObject({ code: 48 })
  })

  test('a validator refuses documents', async () => {
    const checked = await mongo.db.createCollection('checked', { validator: { n: { $gt: 0 } } })
    await checked.insertOne({ n: 1 })
    expect(await failureOf(checked.insertOne({ n: 0 }))).toMatchObject({ code: 121 })
    expect(await failureOf(checked.updateOne({}, { $set: { n: -1 } }))).toMatchObject({ code: 121 })
  })
})
