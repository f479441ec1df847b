import { ObjectId } from 'mongodb'
import { expect, test } from 'vitest'
import { mongoShape } from '../../../src/engines/mongo-shape.ts'

const on = (method: string, ...args: unknown[]) => ({ method, collection: 'posts', args })

test.each([
  [
    on('find', { tags: 'secret' }, { sort: { created_at: -1, _id: -1 }, limit: 20 }),
    'find posts {tags}, {sort: {created_at, _id}, limit}',
  ],
  [
    on('insertMany', [{ _id: new ObjectId(), email: 'secret' }, { email: 'secret' }]),
    'insertMany posts [{_id, email}, {email}]',
  ],
  [
    on('updateOne', { _id: 'secret' }, { $set: { title: 'secret' }, $inc: { version: 1 } }),
    'updateOne posts {_id}, {$set: {title}, $inc: {version}}',
  ],
  [
    on('aggregate', [{ $match: { a: { $in: ['secret'] } } }, { $limit: 5 }]),
    'aggregate posts [{$match: {a: {$in}}}, {$limit}]',
  ],
  [
    { find: 'posts', filter: { tags: 'secret' }, sort: { created_at: -1, _id: -1 } as const, limit: 20 },
    'find posts {tags}, {sort: {created_at, _id}, limit}',
  ],
  [{ find: 'posts', filter: {}, limit: 1 }, 'find posts {}, {limit}'],
  [
    { aggregate: 'posts', pipeline: [{ $match: { _id: 'secret' } }, { $limit: 5 }] },
    'aggregate posts [{$match: {_id}}, {$limit}]',
  ],
  [on('distinct', 'secret'), 'distinct posts'],
  [{ method: 'command', args: [{ ping: 1 }] }, 'command {ping}'],
  [on('find', { 'a secret with spaces': 1 }), 'find posts {?}'],
])('of %j only the shape is left', (call, shape) => {
  expect(mongoShape([call])).toBe(shape)
})

test('an operation of several calls shows all of them, in their order, and stays short', () => {
  const both = [on('insertOne', { title: 'secret' }), on('findOne', { _id: 1 })]
  expect(mongoShape(both)).toBe('insertOne posts {title}; findOne posts {_id}')
  expect(mongoShape(Array.from({ length: 100 }, () => both).flat())).toHaveLength(301)
  expect(mongoShape([])).toBe('')
})
