import { MaxKey, MinKey, ObjectId } from 'mongodb'
import { beforeAll, describe, expect, test } from 'vitest'
import { failureOf, REAL_URI, sharedMongo } from './support/mongo.ts'

interface Item {
  _id: string
  [field: string]: unknown
}

const mongo = sharedMongo()
const items = () => mongo.db.collection<Item>('items')
const DOCS: Item[] = [
  { _id: 'int', a: 5, list: [1, 2, 3], sub: { x: 1, y: 2 }, tags: ['red', 'blue'] },
  {
    _id: 'double',
    a: 5.5,
    list: [],
    sub: { x: 1 },
    subs: [
      { x: 1, y: 1 },
      { x: 2, y: 2 },
    ],
  },
  { _id: 'text', a: 'frog', list: [[1, 2], 3], subs: [{ x: 1, y: 2 }] },
  { _id: 'null', a: null, sub: { y: 2, x: 1 } },
  { _id: 'missing', list: [5, 10] },
  { _id: 'date', a: new Date(1000), when: new Date(5000) },
  { _id: 'bool', a: true, bits: 0b1010 },
  { _id: 'array', a: [5, 'frog'], oid: new ObjectId('64b64c7f8f1b2a0001020304') },
  { _id: 'nan', a: Number.NaN, n: -7 },
]

/** FerretDB 1 stores neither arrays in arrays nor NaN, so that nothing can be found by them there. */
const NOT_FOR_FERRETDB = new Set(['text', 'nan'])
/** Those of the ids whose documents the server under test has. */
const stored = (ids: readonly string[]) => ids.filter((id) => !(mongo.isFerretDb && NOT_FOR_FERRETDB.has(id)))

beforeAll(async () => {
  if (mongo.isFerretDb) console.warn('FerretDB: without the documents', [...NOT_FOR_FERRETDB])
  await items().insertMany(DOCS.filter(({ _id }) => stored([_id]).length > 0))
})

describe('a filter matches as MongoDB means it', () => {
  const TABLE: [object, string[]][] = [
    [{ a: 5 }, ['int', 'array']],
    [{ a: { $eq: 'frog' } }, ['text', 'array']],
    [{ a: null }, ['null', 'missing']],
    [{ a: { $ne: null } }, ['int', 'double', 'text', 'date', 'bool', 'array', 'nan']],
    [{ a: { $ne: 5 } }, ['double', 'text', 'null', 'missing', 'date', 'bool', 'nan']],
    [{ a: { $gt: 5 } }, ['double']],
    [{ a: { $gte: 5 } }, ['int', 'double', 'array']],
    [{ a: { $lt: 6 } }, ['int', 'double', 'array']],
    [{ a: { $gte: null } }, ['null', 'missing']],
    [{ a: { $gt: 'a' } }, ['text', 'array']],
    [{ a: { $lt: new Date(2000) } }, ['date']],
    [{ a: { $gt: false } }, ['bool']],
    [{ a: { $gte: Number.NaN } }, ['nan']],
    [{ a: { $in: [5, null] } }, ['int', 'null', 'missing', 'array']],
    [{ a: { $in: [/^fr/] } }, ['text', 'array']],
    [{ a: { $nin: [5, 'frog', null] } }, ['double', 'date', 'bool', 'nan']],
    [{ a: { $exists: false } }, ['missing']],
    [{ a: { $exists: true, $type: 'null' } }, ['null']],
    [{ a: { $type: 'number' } }, ['int', 'double', 'array', 'nan']],
    [{ a: { $type: ['bool', 9] } }, ['date', 'bool']],
    [{ a: { $type: 'array' } }, ['array']],
    [{ a: [5, 'frog'] }, ['array']],
    [{ a: /^FROG$/i }, ['text', 'array']],
    [{ a: { $regex: 'fr', $options: 'i' } }, ['text', 'array']],
    [{ a: { $not: { $gt: 5 } } }, ['int', 'text', 'null', 'missing', 'date', 'bool', 'array', 'nan']],
    [{ a: { $not: /fr/ } }, ['int', 'double', 'null', 'missing', 'date', 'bool', 'nan']],
    [{ list: 3 }, ['int', 'text']],
    [{ list: [1, 2] }, ['text']],
    [{ list: [] }, ['double']],
    [{ list: { $size: 2 } }, ['text', 'missing']],
    [{ list: { $all: [1, 3] } }, ['int']],
    [{ list: { $gt: 4, $lt: 6 } }, ['missing']],
    [{ list: { $gt: 9, $lt: 6 } }, ['missing']],
    [{ list: { $elemMatch: { $gt: 9, $lt: 6 } } }, []],
    [{ list: { $elemMatch: { $gte: 2, $lt: 3 } } }, ['int']],
    [{ 'list.0': 1 }, ['int', 'text']],
    [{ 'list.1': { $exists: true } }, ['int', 'text', 'missing']],
    [{ 'sub.x': 1 }, ['int', 'double', 'null']],
    [{ sub: { x: 1, y: 2 } }, ['int']],
    [{ 'sub.z': null, sub: { $exists: true } }, ['int', 'double', 'null']],
    [{ 'subs.x': 1, 'subs.y': 2 }, ['double', 'text']],
    [{ subs: { $elemMatch: { x: 1, y: 2 } } }, ['text']],
    [{ subs: { $all: [{ $elemMatch: { x: 1 } }, { $elemMatch: { x: 2 } }] } }, ['double']],
    [{ 'subs.1.x': 2 }, ['double']],
    [{ list: { $mod: [5, 0] } }, ['missing']],
    [{ n: { $mod: [4, -3] } }, ['nan']],
    [{ bits: { $bitsAllSet: [1, 3] } }, ['bool']],
    [{ bits: { $bitsAnySet: 5 } }, []],
    [{ bits: { $bitsAllClear: 5 } }, ['bool']],
    [{ $or: [{ a: 'frog' }, { when: { $gt: new Date(0) } }] }, ['text', 'date', 'array']],
    [{ $nor: [{ a: { $exists: true } }, { list: 5 }] }, []],
    [{ $and: [{ a: 5 }, { tags: 'red' }] }, ['int']],
    [{ $expr: { $eq: ['$sub.x', '$sub.x'] }, sub: { $exists: true } }, ['int', 'double', 'null']],
    [{ $expr: { $gt: ['$a', 5] }, a: { $type: 'double' } }, ['double']],
    [{ oid: new ObjectId('64b64c7f8f1b2a0001020304') }, ['array']],
    [{ bits: { $gt: new MinKey(), $lt: new MaxKey() } }, ['bool']],
    [{ constructor: { $exists: true } }, []],
    [{ _id: { $in: ['int', 'nan', 'nobody'] }, a: { $ne: 5 } }, ['nan']],
    [{ $comment: 'hello', tags: 'blue' }, ['int']],
  ]
  test.each(TABLE)('%o', async (filter, expected) => {
    const found = await items().find(filter).toArray()
    expect(found.map(({ _id }) => _id)).toEqual(stored(expected))
  })

  test.each([
    [{ $nope: 1 }, 2],
    [{ a: { $nope: 1 } }, 2],
    [{ $or: [] }, 2],
    [{ $and: 5 }, 2],
    [{ a: { $in: 5 } }, 2],
    [{ a: { $regex: '(' } }, 51091],
    [{ a: { $mod: [0, 1] } }, 2],
  ])('%o is refused', async (filter, code) => {
    expect(
      await failureOf(
        items()
          .find(filter as object)
          .toArray(),
      ),
    ).toMatchObject({ code })
  })

  test.skipIf(REAL_URI)('server-side JavaScript is refused', async () => {
    expect(await failureOf(items().find({ $where: 'true' }).toArray())).toMatchObject({ code: 2 })
    const script = { $expr: { $function: { body: 'function() {}', args: [], lang: 'js' } } }
    expect(await failureOf(items().find(script).toArray())).toMatchObject({ code: 2 })
    expect(
      await failureOf(mongo.db.command({ mapReduce: 'items', map: '', reduce: '', out: 'x' })),
    ).toMatchObject({
      code: 59,
    })
  })
})

describe('order', () => {
  test('sorts across types as BSON does', async () => {
    const found = await items()
      .find({}, { sort: { a: 1, _id: 1 } })
      .toArray()
    const order = ['missing', 'null', 'nan', 'array', 'int', 'double', 'text', 'bool', 'date']
    expect(found.map(({ _id }) => _id)).toEqual(stored(order))
    const descending = await items()
      .find({}, { sort: { a: -1, _id: 1 }, limit: 4 })
      .toArray()
    const backwards = ['date', 'bool', 'array', 'text', 'double']
    expect(descending.map(({ _id }) => _id)).toEqual(stored(backwards).slice(0, 4))
  })

  test('skip and limit cut what is sorted', async () => {
    const found = await items()
      .find({}, { sort: { _id: -1 }, skip: 2, limit: 3 })
      .toArray()
    const backwards = ['text', 'null', 'nan', 'missing', 'int', 'double', 'date']
    expect(found.map(({ _id }) => _id)).toEqual(stored(backwards).slice(2, 5))
    expect(await items().countDocuments({}, { skip: 2, limit: 3 })).toBe(3)
  })

  test('a collation of strength 2 does not see case', async () => {
    const names = mongo.db.collection<Item>('names')
    await names.insertMany([
      { _id: 'b', n: 'bob' },
      { _id: 'A', n: 'Anna' },
      { _id: 'B', n: 'BOB' },
    ])
    const collation = { locale: 'en', strength: 2 }
    expect(await names.countDocuments({ n: 'Bob' }, { collation })).toBe(2)
    const sorted = await names.find({}, { collation, sort: { n: 1 } }).toArray()
    expect(sorted.map(({ _id }) => _id)).toEqual(['A', 'b', 'B'])
  })
})

describe('projection', () => {
  const TABLE: [string, object, object | undefined][] = [
    ['int', { a: 1 }, { _id: 'int', a: 5 }],
    ['int', { a: 1, _id: 0 }, { a: 5 }],
    ['int', { 'sub.x': 1 }, { _id: 'int', sub: { x: 1 } }],
    ['int', { sub: { y: 1 }, _id: 0 }, { sub: { y: 2 } }],
    ['int', { list: 0, sub: 0, tags: 0 }, { _id: 'int', a: 5 }],
    ['double', { 'subs.y': 1, _id: 0 }, { subs: [{ y: 1 }, { y: 2 }] }],
    ['double', { 'subs.y': 0, sub: 0, list: 0 }, { _id: 'double', a: 5.5, subs: [{ x: 1 }, { x: 2 }] }],
    ['int', { list: { $slice: -2 }, a: 1 }, { _id: 'int', a: 5, list: [2, 3] }],
    ['missing', { list: { $slice: [1, 1] } }, { _id: 'missing', list: [10] }],
    ['double', { subs: { $elemMatch: { x: 2 } } }, { _id: 'double', subs: [{ x: 2, y: 2 }] }],
    ['int', { _id: 0, twice: { $multiply: ['$a', 2] } }, { twice: 10 }],
    ['int', { _id: 0, a: 1, label: 'fixed' }, { a: 5, label: 'fixed' }],
  ]
  test.each(TABLE)('%s with %o', async (_id, projection, expected) => {
    expect(await items().findOne({ _id }, { projection })).toEqual(expected)
  })

  test('the positional operator gives the element that matched', async () => {
    const found = await items().findOne({ 'subs.y': 2, _id: 'double' }, { projection: { 'subs.$': 1 } })
    expect(found).toEqual({ _id: 'double', subs: [{ x: 2, y: 2 }] })
  })

  test('a mix of inclusion and exclusion is refused', async () => {
    expect(await failureOf(items().findOne({}, { projection: { a: 1, b: 0 } }))).toMatchObject({
      code: 31254,
    })
  })
})

test('distinct gives each value once, those of arrays too', async () => {
  expect(await items().distinct('sub.x')).toEqual([1])
  expect(new Set(await items().distinct('subs.y'))).toEqual(new Set([1, 2]))
  expect(await items().distinct('tags', { _id: 'int' })).toEqual(expect.arrayContaining(['red', 'blue']))
})
