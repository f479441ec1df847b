import { type CommandStartedEvent, type CommandSucceededEvent, MongoClient, ReadConcern } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ReadCommand, readDocuments } from '../../src/engines/mongo-read.ts'
import { failureOf, type Item, REAL_URI, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo()
const LIMITS = { maxTimeMS: 20_000 }
const READS = ['find', 'aggregate', 'getMore', 'killCursors']

let client: MongoClient
let started: CommandStartedEvent[] = []
let succeeded: CommandSucceededEvent[] = []
beforeAll(() => {
  client = new MongoClient(mongo.url, { monitorCommands: true })
  client.on('commandStarted', (event) => READS.includes(event.commandName) && started.push(event))
  client.on('commandSucceeded', (event) => READS.includes(event.commandName) && succeeded.push(event))
})
beforeEach(async () => {
  await items().deleteMany({})
  await items().insertMany(
    Array.from({ length: 10 }, (_, n) => ({ _id: n, kind: n % 2 === 0 ? 'even' : 'odd' })),
  )
  started = []
  succeeded = []
})
afterAll(() => client?.close())

const items = () => mongo.db.collection<Item>('items')
const db = () => client.db(mongo.db.databaseName)
const read = (command: ReadCommand) => readDocuments<Item>(db(), command, LIMITS)
const sent = () => started.map(({ commandName }) => commandName)

const COMMANDS: readonly [name: string, command: ReadCommand, ids: number[]][] = [
  ['a filter', { find: 'items', filter: { kind: 'odd' }, limit: 100 }, [1, 3, 5, 7, 9]],
  ['an order', { find: 'items', filter: {}, sort: { kind: -1, _id: -1 }, limit: 3 }, [9, 7, 5]],
  ['a page', { find: 'items', filter: {}, sort: { _id: 1 }, skip: 4, limit: 3 }, [4, 5, 6]],
  ['as many as there are', { find: 'items', filter: {}, sort: { _id: 1 }, skip: 8, limit: 2 }, [8, 9]],
  ['a collection that is not there', { find: 'nowhere', filter: {}, limit: 3 }, []],
  [
    'a pipeline',
    { aggregate: 'items', pipeline: [{ $match: { _id: { $gt: 7 } } }, { $sort: { _id: 1 } }] },
    [8, 9],
  ],
]

test.each(COMMANDS)('%s is one command that leaves nothing on the server', async (_, command, ids) => {
  expect((await read(command)).map(({ _id }) => _id)).toEqual(ids)
  expect(sent()).toHaveLength(1)
  expect(started[0]?.command).toMatchObject({ ...command, ...LIMITS })
  expect(succeeded[0]?.reply).toMatchObject({ cursor: { id: 0 } })
})

test('only what is asked for comes', async () => {
  expect(
    await read({ find: 'items', filter: { _id: 3 }, projection: { kind: 1, _id: 0 }, limit: 1 }),
  ).toEqual([{ kind: 'odd' }])
})

test('what a connection string says of read concerns holds', async () => {
  const strict = client.db(mongo.db.databaseName, { readConcern: new ReadConcern('local') })
  await readDocuments(strict, { find: 'items', filter: {}, limit: 1 }, LIMITS)
  expect(started[0]?.command.readConcern).toEqual({ level: 'local' })
})

test('of more than fits one answer nothing is missing', async () => {
  const text = 'x'.repeat(1024 * 1024)
  await items().insertMany(Array.from({ length: 20 }, (_, n) => ({ _id: 100 + n, text })))
  const large = { find: 'items', filter: { _id: { $gte: 100 } }, sort: { _id: 1 }, limit: 20 } as const
  expect((await read(large)).map(({ _id }) => _id)).toEqual(Array.from({ length: 20 }, (_, n) => 100 + n))
  expect(sent()).toEqual(['find', 'find', 'getMore'])
})

// A real server has failpoints only when it was started with enableTestCommands.
describe.skipIf(REAL_URI)('a read that fails', () => {
  const fail = (mode: unknown, data: object) =>
    mongo.client.db('admin').command({ configureFailPoint: 'failCommand', mode, data })
  afterEach(() => fail('off', { failCommands: [] }))

  test.each(COMMANDS)('because its connection is lost is tried again: %s', async (_, command, ids) => {
    await fail({ times: 1 }, { failCommands: ['find', 'aggregate'], closeConnection: true })
    expect((await read(command)).map(({ _id }) => _id)).toEqual(ids)
    expect(sent()).toHaveLength(2)
  })

  test.each([
    ['is shutting down', 91],
    ['is no primary any more', 10_107],
    ['cannot reach another one', 6],
    ['has no majority yet', 134],
  ])('because the server %s is tried again', async (_, errorCode) => {
    await fail({ times: 1 }, { failCommands: ['find'], errorCode })
    expect(await read({ find: 'items', filter: { _id: 1 }, limit: 1 })).toHaveLength(1)
  })

  test('for good is told, after as many tries as a cursor of the driver makes and one', async () => {
    await fail('alwaysOn', { failCommands: ['find'], errorCode: 91 })
    const error = await failureOf(read({ find: 'items', filter: {}, limit: 1 }))
    expect(error).toMatchObject({ code: 91 })
    expect(sent()).toHaveLength(3)
  })

  test.each([2, 13, 50, 11_601])('with code %i is told at once', async (errorCode) => {
    await fail({ times: 1 }, { failCommands: ['find'], errorCode })
    expect(await failureOf(read({ find: 'items', filter: {}, limit: 1 }))).toMatchObject({ code: errorCode })
    expect(sent()).toHaveLength(1)
  })
})
