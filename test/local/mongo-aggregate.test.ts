import { type Document, Double } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { failureOf, type Item, REAL_URI } from './support/mongo.ts'
import { sharedShop } from './support/shop.ts'

const { mongo, orders, run } = sharedShop()

describe('a pipeline', () => {
  const TABLE: [string, Document[], unknown[]][] = [
    [
      '$match, $sort, $skip, $limit',
      [
        { $match: { total: { $gt: 10 } } },
        { $sort: { total: -1 } },
        { $skip: 1 },
        { $limit: 1 },
        { $project: { _id: 1 } },
      ],
      [{ _id: 3 }],
    ],
    [
      '$limit before $match',
      [{ $sort: { _id: 1 } }, { $limit: 2 }, { $match: { user: 'ann' } }, { $project: { _id: 1 } }],
      [{ _id: 1 }],
    ],
    [
      '$group with accumulators',
      [
        {
          $group: {
            _id: '$user',
            n: { $sum: 1 },
            sum: { $sum: '$total' },
            top: { $max: '$total' },
            all: { $push: '$_id' },
          },
        },
        { $sort: { _id: 1 } },
      ],
      [
        { _id: 'ann', n: 2, sum: 40, top: 30, all: [1, 3] },
        { _id: 'bob', n: 1, sum: 20.5, top: 20.5, all: [2] },
        { _id: 'cy', n: 1, sum: 40, top: 40, all: [4] },
      ],
    ],
    [
      '$group of everything',
      [{ $group: { _id: null, avg: { $avg: '$total' } } }],
      [{ _id: null, avg: 25.125 }],
    ],
    [
      '$unwind',
      [{ $unwind: '$items' }, { $project: { items: 1 } }],
      [
        { _id: 1, items: 'pen' },
        { _id: 1, items: 'ink' },
        { _id: 3, items: 'pad' },
      ],
    ],
    [
      '$unwind that keeps the empty ones',
      [
        { $unwind: { path: '$items', includeArrayIndex: 'i', preserveNullAndEmptyArrays: true } },
        { $project: { items: 1, i: 1 } },
      ],
      [
        { _id: 1, items: 'pen', i: 0 },
        { _id: 1, items: 'ink', i: 1 },
        { _id: 2, i: null },
        { _id: 3, items: 'pad', i: 0 },
        { _id: 4, i: null },
      ],
    ],
    ['$count', [{ $match: { user: 'ann' } }, { $count: 'n' }], [{ n: 2 }]],
    ['$count of nothing', [{ $match: { user: 'nobody' } }, { $count: 'n' }], []],
    [
      '$sortByCount',
      [{ $match: { user: { $ne: 'cy' } } }, { $sortByCount: '$user' }],
      [
        { _id: 'ann', count: 2 },
        { _id: 'bob', count: 1 },
      ],
    ],
    [
      '$facet',
      [
        {
          $facet: {
            n: [{ $count: 'n' }],
            first: [{ $sort: { _id: -1 } }, { $limit: 1 }, { $project: { _id: 1 } }],
          },
        },
      ],
      [{ n: [{ n: 4 }], first: [{ _id: 4 }] }],
    ],
    [
      '$addFields on a nested path',
      [{ $match: { _id: 1 } }, { $addFields: { 'meta.n': { $size: '$items' }, at: '$$REMOVE' } }],
      [{ _id: 1, user: 'ann', total: 10, items: ['pen', 'ink'], meta: { n: 2 } }],
    ],
    [
      '$project with expressions',
      [
        { $match: { _id: 2 } },
        {
          $project: {
            _id: 0,
            month: { $month: '$at' },
            name: { $toUpper: '$user' },
            half: { $divide: ['$total', 2] },
          },
        },
      ],
      [{ month: 2, name: 'BOB', half: 10.25 }],
    ],
    [
      '$replaceRoot',
      [{ $match: { _id: 1 } }, { $replaceRoot: { newRoot: { u: '$user', whole: '$$ROOT._id' } } }],
      [{ u: 'ann', whole: 1 }],
    ],
    [
      '$cond and comparison across types',
      [
        { $sort: { _id: 1 } },
        { $project: { is: { $cond: [{ $gte: ['$at', new Date(Date.UTC(2026, 1, 1))] }, 'late', 'early'] } } },
      ],
      [
        { _id: 1, is: 'early' },
        { _id: 2, is: 'late' },
        { _id: 3, is: 'late' },
        { _id: 4, is: 'early' },
      ],
    ],
    [
      '$map and $filter',
      [
        { $match: { _id: 1 } },
        {
          $project: {
            _id: 0,
            l: {
              $map: {
                input: { $filter: { input: '$items', cond: { $ne: ['$$this', 'ink'] } } },
                as: 'x',
                in: { $concat: ['$$x', '!'] },
              },
            },
          },
        },
      ],
      [{ l: ['pen!'] }],
    ],
    [
      '$bucket',
      [{ $bucket: { groupBy: '$total', boundaries: [0, 20, 50], output: { n: { $sum: 1 } } } }],
      [
        { _id: 0, n: 1 },
        { _id: 20, n: 3 },
      ],
    ],
    [
      '$setWindowFields',
      [
        {
          $setWindowFields: {
            partitionBy: '$user',
            sortBy: { _id: 1 },
            output: { run: { $sum: '$total', window: { documents: ['unbounded', 'current'] } } },
          },
        },
        { $match: { user: 'ann' } },
        { $project: { run: 1 } },
      ],
      [
        { _id: 1, run: 10 },
        { _id: 3, run: 40 },
      ],
    ],
  ]
  test.each(TABLE)('%s', async (_name, pipeline, expected) => {
    expect(await run(pipeline)).toEqual(expected)
  })

  test('$sort is stable over what came before', async () => {
    const found = await run([
      { $sort: { _id: -1 } },
      { $group: { _id: '$user', ids: { $push: '$_id' } } },
      { $sort: { _id: 1 } },
    ])
    expect(found[0]).toEqual({ _id: 'ann', ids: [3, 1] })
  })

  test('`let` variables are seen by $match and by stages', async () => {
    const pipeline = [{ $match: { $expr: { $eq: ['$user', '$$who'] } } }, { $project: { who: '$$who' } }]
    expect(await run(pipeline, { let: { who: 'bob' } })).toEqual([{ _id: 2, who: 'bob' }])
  })

  test('the documents of the collection stay as they are', async () => {
    const before = await orders().find().toArray()
    await run([
      { $unwind: { path: '$items', includeArrayIndex: 'i' } },
      { $addFields: { 'items.x': 1, total: 0 } },
      { $unset: 'user' },
    ])
    await run([{ $facet: { a: [{ $addFields: { total: 0 } }], b: [{ $project: { items: 0 } }] } }])
    expect(await orders().find().toArray()).toEqual(before)
  })

  test('a big batch comes in several', async () => {
    const numbers = mongo.db.collection<Item>('numbers')
    await numbers.insertMany(Array.from({ length: 1000 }, (_, _id) => ({ _id })))
    const found = await numbers
      .aggregate([{ $project: { double: { $multiply: ['$_id', 2] } } }], { batchSize: 100 })
      .toArray()
    expect(found).toHaveLength(1000)
    expect(found.at(-1)).toEqual({ _id: 999, double: 1998 })
  })
})

describe('what is not a pipeline is refused', () => {
  test.each([
    ['an unknown stage', [{ $nope: 1 }], 40324],
    ['two fields in a stage', [{ $match: {}, $limit: 1 }], 40323],
    ['an unknown expression', [{ $project: { a: { $nope: 1 } } }], 168],
    ['a limit of 0', [{ $limit: 0 }], 15958],
    ['a change stream', [{ $changeStream: {} }], 40573],
  ])('%s', async (_name, pipeline, code) => {
    expect(await failureOf(run(pipeline))).toMatchObject({ code })
  })

  test.skipIf(REAL_URI)('server-side JavaScript, and stages that write', async () => {
    const script = { $function: { body: 'function () { return 1 }', args: [], lang: 'js' } }
    expect(await failureOf(run([{ $project: { a: script } }]))).toMatchObject({ code: 2 })
    expect(await failureOf(run([{ $out: 'copy' }]))).toMatchObject({ code: 115 })
  })
})

test('doubles stay doubles through a group of whole documents', async () => {
  const c = mongo.db.collection<Item>('doubles')
  await c.insertOne({ _id: 1, d: new Double(5) })
  const [found] = await c
    .aggregate([{ $group: { _id: null, docs: { $push: '$$ROOT' } } }], { promoteValues: false })
    .toArray()
  expect(found?.docs[0].d).toBeInstanceOf(Double)
})
