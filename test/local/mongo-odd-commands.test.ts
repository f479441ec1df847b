import fc from 'fast-check'
import {
  BSONRegExp,
  Decimal128,
  type Document,
  Double,
  Long,
  MaxKey,
  MinKey,
  MongoClient,
  ObjectId,
  Timestamp,
} from 'mongodb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type MongoServer, startMongo } from '../../dev/local/mongo/server.ts'
import { onlyOfTheStandIn } from './support/mongo.ts'

onlyOfTheStandIn()

let server: MongoServer
let client: MongoClient
const logged: string[] = []
beforeAll(async () => {
  server = await startMongo({ log: (line) => logged.push(line) })
  client = new MongoClient(server.url)
})
afterAll(async () => {
  await client.close()
  await server.close()
})
beforeEach(async () => {
  const items = client.db('odd').collection<Document>('items')
  await items.deleteMany({})
  await items.insertMany([
    { a: 1, b: [1, { c: 2 }], d: { e: 'x' } },
    { a: 'text', b: null },
    { a: new Double(2), l: [[1], []] },
  ])
})

const FIELDS = [
  'a',
  'b',
  'b.c',
  'b.0',
  'd.e',
  'l',
  'l.0.1',
  '_id',
  '$',
  'b.$',
  'b.$[]',
  'b.$[x]',
  '',
  '.',
  '__proto__',
  'constructor',
  '$a',
]
const OPERATORS = [
  ...[
    '$eq',
    '$gt',
    '$in',
    '$nin',
    '$exists',
    '$type',
    '$regex',
    '$mod',
    '$size',
    '$all',
    '$elemMatch',
    '$not',
    '$or',
  ],
  ...[
    '$and',
    '$expr',
    '$bitsAllSet',
    '$set',
    '$unset',
    '$inc',
    '$mul',
    '$push',
    '$each',
    '$slice',
    '$sort',
    '$pull',
  ],
  ...[
    '$pullAll',
    '$addToSet',
    '$pop',
    '$rename',
    '$bit',
    '$min',
    '$currentDate',
    '$setOnInsert',
    '$add',
    '$concat',
  ],
  ...[
    '$cond',
    '$map',
    '$sum',
    '$first',
    '$size',
    '$literal',
    '$let',
    '$filter',
    '$dateToString',
    '$position',
  ],
]
const STAGES = [
  '$match',
  '$group',
  '$project',
  '$unwind',
  '$lookup',
  '$sort',
  '$limit',
  '$skip',
  '$count',
  '$facet',
  '$addFields',
  '$unset',
  '$replaceRoot',
  '$bucket',
  '$sortByCount',
  '$unionWith',
  '$graphLookup',
  '$setWindowFields',
  '$sample',
  '$redact',
  '$fill',
  '$densify',
]
const ARGUMENTS = [
  'filter',
  'q',
  'u',
  'query',
  'update',
  'sort',
  'projection',
  'limit',
  'skip',
  'batchSize',
  'key',
  'pipeline',
  'cursor',
  'updates',
  'deletes',
  'documents',
  'indexes',
  'arrayFilters',
  'collation',
  'let',
  'hint',
  'multi',
  'upsert',
  'new',
  'remove',
  'fields',
  'index',
  'cursors',
  'collection',
  'ops',
  'nsInfo',
  'maxTimeMS',
  'writeConcern',
  'validator',
]
const COMMANDS = [
  'find',
  'insert',
  'update',
  'delete',
  'aggregate',
  'count',
  'distinct',
  'findAndModify',
  'getMore',
  'killCursors',
  'createIndexes',
  'listIndexes',
  'dropIndexes',
  'listCollections',
  'create',
  'collStats',
  'explain',
  'bulkWrite',
  'getParameter',
  'configureFailPoint',
]

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1,
    2 ** 40,
    1.5,
    Number.NaN,
    'a',
    '$a',
    '$$ROOT',
    '$$x',
    '',
    'items',
  ),
  fc.constantFrom<unknown>(
    new Double(3),
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Decimal128.fromString('1.5'),
    new Date(0),
  ),
  fc.constantFrom<unknown>(
    new ObjectId(),
    new MinKey(),
    new MaxKey(),
    new BSONRegExp('(', 'i'),
    new BSONRegExp('x', 'i'),
  ),
  fc.constantFrom<unknown>(new Timestamp({ t: 1, i: 1 }), Buffer.from([1, 2]), [], {}),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    tie('doc'),
    tie('operator'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  doc: fc.dictionary(fc.constantFrom(...FIELDS), tie('value'), { maxKeys: 3 }),
  operator: fc.dictionary(fc.constantFrom(...OPERATORS), tie('value'), { minKeys: 1, maxKeys: 2 }),
}))
const stage = fc.dictionary(fc.constantFrom(...STAGES), value, { minKeys: 1, maxKeys: 1 })
const doc = fc.dictionary(fc.constantFrom(...FIELDS, ...OPERATORS), value, { maxKeys: 3 })

/** Commands that are right on the outside and odd within, and commands that are odd throughout. */
const command = fc.oneof(
  fc.record(
    { find: fc.constant('items'), filter: doc, sort: doc, projection: doc },
    { requiredKeys: ['find', 'filter'] },
  ),
  fc.record({
    aggregate: fc.constant('items'),
    pipeline: fc.array(stage, { maxLength: 3 }),
    cursor: fc.constant({}),
  }),
  fc
    .tuple(doc, fc.oneof(doc, fc.array(stage, { maxLength: 2 })), fc.boolean(), value)
    .map(([q, u, upsert, filter]) => ({
      update: 'items',
      updates: [{ q, u, upsert, multi: !upsert, arrayFilters: [filter] }],
    })),
  fc.record(
    { findAndModify: fc.constant('items'), query: doc, update: doc, sort: doc, fields: doc },
    { requiredKeys: ['findAndModify', 'update'] },
  ),
  fc
    .tuple(
      fc.constantFrom(...COMMANDS),
      fc.oneof(fc.constant('items'), value),
      fc.dictionary(fc.constantFrom(...ARGUMENTS), value, { maxKeys: 4 }),
    )
    .map(([name, target, rest]) => ({ [name]: target, ...rest })),
)

test('whatever a command holds, it is answered, and never with a fault of the server', async () => {
  const db = client.db('odd')
  const admin = client.db('admin')
  await fc.assert(
    fc.asyncProperty(command, async (odd) => {
      const target = 'bulkWrite' in odd || 'configureFailPoint' in odd ? admin : db
      const reply = await target.command(odd as Document).catch((error: Error & { code?: unknown }) => error)
      // What the driver itself does not send is no case.
      if (reply instanceof Error && !('code' in reply)) return
      expect(reply).not.toMatchObject({ code: 1 })
      await admin.command({ configureFailPoint: 'failCommand', mode: 'off' })
    }),
    { numRuns: 3000 },
  )
  expect(logged).toEqual([])
  expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 })
}, 60_000)
