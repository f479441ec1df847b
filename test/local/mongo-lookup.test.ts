import type { Document } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { sharedShop } from './support/shop.ts'

const { mongo, run } = sharedShop()

describe('$lookup', () => {
  test('joins by field', async () => {
    const found = await run([
      { $lookup: { from: 'users', localField: 'user', foreignField: '_id', as: 'who' } },
      { $project: { who: '$who.name' } },
      { $sort: { _id: 1 } },
    ])
    expect(found).toEqual([
      { _id: 1, who: ['Ann'] },
      { _id: 2, who: ['Bob'] },
      { _id: 3, who: ['Ann'] },
      { _id: 4, who: [] },
    ])
  })

  test('joins by arrays on either side', async () => {
    const teams = mongo.db.collection<Document>('teams')
    await teams.insertMany([
      { _id: 'red' as never, members: ['ann', 'bob'] },
      { _id: 'blue' as never, members: ['ann'] },
    ])
    const local = await mongo.db
      .collection('users')
      .aggregate([
        { $lookup: { from: 'teams', localField: 'teams', foreignField: '_id', as: 't' } },
        { $project: { n: { $size: '$t' } } },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    expect(local).toEqual([
      { _id: 'ann', n: 2 },
      { _id: 'bob', n: 1 },
    ])
    const foreign = await mongo.db
      .collection('users')
      .aggregate([
        { $lookup: { from: 'teams', localField: '_id', foreignField: 'members', as: 't' } },
        { $project: { t: '$t._id' } },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    expect(foreign).toEqual([
      { _id: 'ann', t: ['red', 'blue'] },
      { _id: 'bob', t: ['red'] },
    ])
  })

  test('joins by pipeline with variables', async () => {
    const found = await mongo.db
      .collection('users')
      .aggregate([
        {
          $lookup: {
            from: 'orders',
            let: { id: '$_id' },
            pipeline: [
              { $match: { $expr: { $eq: ['$user', '$$id'] } } },
              { $group: { _id: null, sum: { $sum: '$total' } } },
            ],
            as: 'o',
          },
        },
        { $project: { sum: { $first: '$o.sum' } } },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    expect(found).toEqual([
      { _id: 'ann', sum: 40 },
      { _id: 'bob', sum: 20.5 },
    ])
  })

  test('joins by field and pipeline together', async () => {
    const found = await mongo.db
      .collection('users')
      .aggregate([
        {
          $lookup: {
            from: 'orders',
            localField: '_id',
            foreignField: 'user',
            pipeline: [{ $match: { total: { $gt: 10 } } }, { $project: { _id: 1 } }],
            as: 'o',
          },
        },
        { $project: { o: 1 } },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    expect(found).toEqual([
      { _id: 'ann', o: [{ _id: 3 }] },
      { _id: 'bob', o: [{ _id: 2 }] },
    ])
  })

  test('$unionWith and $graphLookup reach other collections', async () => {
    const union = await run([
      { $project: { _id: 1 } },
      { $unionWith: { coll: 'users', pipeline: [{ $project: { name: 1 } }] } },
      { $match: { name: { $exists: true } } },
    ])
    expect(union).toEqual([
      { _id: 'ann', name: 'Ann' },
      { _id: 'bob', name: 'Bob' },
    ])
    const people = mongo.db.collection<Document>('people')
    await people.insertMany([
      { _id: 'a' as never },
      { _id: 'b' as never, boss: 'a' },
      { _id: 'c' as never, boss: 'b' },
    ])
    const [chain] = await people
      .aggregate([
        { $match: { _id: 'c' } },
        {
          $graphLookup: {
            from: 'people',
            startWith: '$boss',
            connectFromField: 'boss',
            connectToField: '_id',
            as: 'up',
          },
        },
      ])
      .toArray()
    expect(chain?.up.map(({ _id }: Document) => _id).sort()).toEqual(['a', 'b'])
  })
})
