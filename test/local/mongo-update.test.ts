import { Double, Int32, Long } from 'mongodb'
import { beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Item, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo()
beforeEach(() => mongo.db.collection('items').deleteMany({}))
const items = () => mongo.db.collection<Item>('items')

/** Stores a document, updates it, and gives it back without its _id. */
async function updated(
  before: object,
  update: object,
  filter: object = {},
  options: object = {},
): Promise<object> {
  await items().insertOne({ _id: 1, ...before })
  await items().updateOne({ _id: 1, ...filter }, update, options)
  const { _id, ...rest } = (await items().findOne({ _id: 1 })) as Item
  return rest
}

describe('an update operator changes a document as MongoDB does', () => {
  const TABLE: [string, object, object, object][] = [
    ['$set', { a: 1 }, { $set: { a: 2, 'b.c': 3 } }, { a: 2, b: { c: 3 } }],
    ['$set on an index', { l: [1, 2] }, { $set: { 'l.1': 9 } }, { l: [1, 9] }],
    ['$set beyond the end', { l: [1] }, { $set: { 'l.3': 9 } }, { l: [1, null, null, 9] }],
    ['$set in an element', { l: [{ x: 1 }] }, { $set: { 'l.0.y': 2 } }, { l: [{ x: 1, y: 2 }] }],
    ['$unset', { a: 1, b: { c: 2, d: 3 } }, { $unset: { a: '', 'b.c': 1, 'no.where': 1 } }, { b: { d: 3 } }],
    ['$unset of an element', { l: [1, 2] }, { $unset: { 'l.0': 1 } }, { l: [null, 2] }],
    ['$inc', { a: 1 }, { $inc: { a: 2, 'b.c': -1 } }, { a: 3, b: { c: -1 } }],
    ['$mul', { a: 3 }, { $mul: { a: 2, b: 5 } }, { a: 6, b: 0 }],
    ['$min', { a: 3, b: 3 }, { $min: { a: 2, b: 5, c: 1 } }, { a: 2, b: 3, c: 1 }],
    ['$max', { a: 3, b: 3 }, { $max: { a: 2, b: 5, c: 1 } }, { a: 3, b: 5, c: 1 }],
    ['$rename', { a: 1, b: { c: 2 } }, { $rename: { a: 'x', 'b.c': 'd' } }, { b: {}, x: 1, d: 2 }],
    ['$bit', { a: 13 }, { $bit: { a: { and: 10 } } }, { a: 8 }],
    ['$push', { l: [1] }, { $push: { l: 2, m: 3 } }, { l: [1, 2], m: [3] }],
    ['$push an array', { l: [1] }, { $push: { l: [2] } }, { l: [1, [2]] }],
    ['$push $each', { l: [1] }, { $push: { l: { $each: [2, 3] } } }, { l: [1, 2, 3] }],
    ['$push $position', { l: [1, 2] }, { $push: { l: { $each: [9], $position: 1 } } }, { l: [1, 9, 2] }],
    ['$push $slice', { l: [1, 2] }, { $push: { l: { $each: [3], $slice: -2 } } }, { l: [2, 3] }],
    ['$push $sort', { l: [3, 1] }, { $push: { l: { $each: [2], $sort: -1 } } }, { l: [3, 2, 1] }],
    [
      '$push $sort by field, then $slice',
      { l: [{ s: 3 }, { s: 1 }] },
      { $push: { l: { $each: [{ s: 2 }], $sort: { s: 1 }, $slice: 2 } } },
      { l: [{ s: 1 }, { s: 2 }] },
    ],
    [
      '$addToSet',
      { l: [1, { a: 1 }] },
      { $addToSet: { l: { $each: [1, 2, { a: 1 }, 2] } } },
      { l: [1, { a: 1 }, 2] },
    ],
    ['$pop last', { l: [1, 2, 3] }, { $pop: { l: 1 } }, { l: [1, 2] }],
    ['$pop first', { l: [1, 2, 3] }, { $pop: { l: -1 } }, { l: [2, 3] }],
    ['$pull a value', { l: [1, 2, 1] }, { $pull: { l: 1 } }, { l: [2] }],
    ['$pull by condition', { l: [1, 5, 9] }, { $pull: { l: { $gte: 5 } } }, { l: [1] }],
    ['$pull by filter', { l: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { l: { x: 1 } } }, { l: [{ x: 2 }] }],
    ['$pullAll', { l: [1, 2, 3, 1] }, { $pullAll: { l: [1, 3] } }, { l: [2] }],
    ['$[]', { l: [1, 2] }, { $inc: { 'l.$[]': 10 } }, { l: [11, 12] }],
    [
      'several operators',
      { a: 1, l: [] },
      { $set: { b: 1 }, $inc: { a: 1 }, $push: { l: 1 } },
      { a: 2, l: [1], b: 1 },
    ],
    [
      'pipeline',
      { a: 1, b: 2 },
      [{ $set: { sum: { $add: ['$a', '$b'] } } }, { $unset: 'a' }],
      { b: 2, sum: 3 },
    ],
    ['pipeline with $replaceWith', { a: { x: 1 } }, [{ $replaceWith: '$a' }], { x: 1 }],
  ]
  test.each(TABLE)('%s', async (_name, before, update, expected) => {
    expect(await updated(before, update)).toEqual(expected)
  })

  test('$ stands for the element that matched', async () => {
    const before = {
      l: [
        { k: 'a', n: 1 },
        { k: 'b', n: 1 },
      ],
    }
    expect(await updated(before, { $inc: { 'l.$.n': 5 } }, { 'l.k': 'b' })).toEqual({
      l: [
        { k: 'a', n: 1 },
        { k: 'b', n: 6 },
      ],
    })
  })

  test('array filters choose elements, also nested ones', async () => {
    const before = {
      l: [
        { k: 1, g: [1, 9] },
        { k: 2, g: [8, 2] },
      ],
    }
    const options = { arrayFilters: [{ 'e.k': { $gte: 1 } }, { g: { $gt: 5 } }] }
    expect(await updated(before, { $set: { 'l.$[e].g.$[g]': 0 } }, {}, options)).toEqual({
      l: [
        { k: 1, g: [1, 0] },
        { k: 2, g: [0, 2] },
      ],
    })
  })

  test('$currentDate sets the time', async () => {
    const { at } = (await updated({}, { $currentDate: { at: true } })) as { at: Date }
    expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(60_000)
  })
})

describe('arithmetic keeps the types of MongoDB', () => {
  test.each([
    ['int + int', new Int32(1), new Int32(1), Int32, '2'],
    ['int + int beyond 32 bits', new Int32(2147483647), new Int32(1), Long, '2147483648'],
    ['int + long', new Int32(1), Long.fromNumber(1), Long, '2'],
    ['double + int', new Double(1), new Int32(1), Double, '2'],
    ['long + double', Long.fromNumber(1), new Double(0.5), Double, '1.5'],
  ])('%s', async (_name, value, by, type, text) => {
    await items().insertOne({ _id: 1, value })
    await items().updateOne({ _id: 1 }, { $inc: { value: by } } as object)
    const found = await items().findOne({ _id: 1 }, { promoteValues: false, promoteLongs: false })
    expect(found?.value).toBeInstanceOf(type)
    expect(String(found?.value)).toBe(text)
  })
})

describe('an update that cannot be is refused and changes nothing', () => {
  test.each([
    ['an unknown operator', { $nope: { a: 1 } }, 9],
    ['two changes of one path', { $set: { a: 1 }, $inc: { a: 1 } }, 40],
    ['a change inside another', { $set: { a: 1, 'a.b': 2 } }, 40],
    ['$inc of a text', { $inc: { text: 1 } }, 14],
    ['$inc by a text', { $inc: { n: 'x' } }, 14],
    ['$push to a number', { $push: { n: 1 } }, 2],
    ['a field below a number', { $set: { 'n.x': 1 } }, 28],
    ['$pop by two', { $pop: { l: 2 } }, 9],
    ['an array filter that is not there', { $set: { 'l.$[x]': 1 } }, 2],
    ['$ without a match', { $set: { 'l.$': 1 } }, 2],
  ])('%s', async (_name, update, code) => {
    const before = { _id: 1, n: 1, text: 'x', l: [1] }
    await items().insertOne(before)
    expect(await failureOf(items().updateOne({ _id: 1 }, update as object))).toMatchObject({ code })
    expect(await items().findOne({ _id: 1 })).toEqual(before)
  })

  test('a replacement of many', async () => {
    const command = { update: 'items', updates: [{ q: {}, u: { a: 1 }, multi: true }] }
    const reply = await mongo.db.command(command)
    expect(reply.writeErrors).toMatchObject([{ index: 0, code: 9 }])
  })
})
