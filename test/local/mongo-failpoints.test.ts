import { MongoClient } from 'mongodb'
import { afterEach, describe, expect, test } from 'vitest'
import { failureOf, REAL_URI, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo({ retryReads: false, retryWrites: false })
afterEach(() => failCommand('off', { failCommands: [] }))

const failCommand = (mode: unknown, data: object) =>
  mongo.client.db('admin').command({ configureFailPoint: 'failCommand', mode, data })
const items = () => mongo.db.collection('items')

// A real server has failpoints only when it was started with enableTestCommands.
describe.skipIf(REAL_URI)('the failpoint failCommand', () => {
  test('fails with a code, as often as it is told', async () => {
    await failCommand({ times: 2 }, { failCommands: ['find'], errorCode: 91 })
    expect(await failureOf(items().findOne())).toMatchObject({ code: 91, codeName: 'ShutdownInProgress' })
    await failureOf(items().findOne())
    expect(await items().findOne()).toBeNull()
  })

  test('lets commands pass first', async () => {
    await failCommand({ skip: 2 }, { failCommands: ['find'], errorCode: 8 })
    await items().findOne()
    await items().findOne()
    expect(await failureOf(items().findOne())).toMatchObject({ code: 8 })
  })

  test('goes on until it is off, for its commands only', async () => {
    await failCommand('alwaysOn', { failCommands: ['find', 'insert'], errorCode: 2 })
    for (let i = 0; i < 3; i++) await failureOf(items().findOne())
    await failureOf(items().insertOne({}))
    expect(await items().estimatedDocumentCount()).toBe(0)
    await failCommand('off', {})
    expect(await items().findOne()).toBeNull()
  })

  test('gives error labels', async () => {
    const data = { failCommands: ['insert'], errorCode: 112, errorLabels: ['TransientTransactionError'] }
    await failCommand({ times: 1 }, data)
    const error = await failureOf(items().insertOne({}))
    expect(
      (error as unknown as { hasErrorLabel(label: string): boolean }).hasErrorLabel(
        'TransientTransactionError',
      ),
    ).toBe(true)
  })

  test('closes the connection without an answer', async () => {
    await failCommand({ times: 1 }, { failCommands: ['find'], closeConnection: true })
    expect((await failureOf(items().findOne())).name).toBe('MongoNetworkError')
    expect(await items().findOne()).toBeNull()
  })

  test('a driver that retries reads does not notice one failure', async () => {
    const client = new MongoClient(mongo.url)
    await failCommand({ times: 1 }, { failCommands: ['find'], closeConnection: true })
    expect(await client.db(mongo.db.databaseName).collection('items').findOne()).toBeNull()
    await client.close()
  })

  test('blocks before the command runs', async () => {
    await failCommand({ times: 1 }, { failCommands: ['find'], blockConnection: true, blockTimeMS: 120 })
    const start = performance.now()
    expect(await items().findOne()).toBeNull()
    expect(performance.now() - start).toBeGreaterThanOrEqual(119)
  })

  test('blocks one connection, not the others', async () => {
    await failCommand({ times: 1 }, { failCommands: ['find'], blockConnection: true, blockTimeMS: 300 })
    const order: string[] = []
    const blocked = items()
      .findOne()
      .then(() => order.push('blocked'))
    // The second find is sent while the first one waits, so it has a connection of its own.
    await expect.poll(() => activeCommands()).toContain('find')
    await items()
      .findOne()
      .then(() => order.push('free'))
    await blocked
    expect(order).toEqual(['free', 'blocked'])
  })

  test('a blocked command obeys maxTimeMS', async () => {
    await failCommand({ times: 1 }, { failCommands: ['find'], blockConnection: true, blockTimeMS: 5000 })
    const start = performance.now()
    const error = await failureOf(items().findOne({}, { maxTimeMS: 50 }))
    expect(error).toMatchObject({ code: 50, codeName: 'MaxTimeMSExpired' })
    expect(performance.now() - start).toBeLessThan(4900)
  })

  test('hits only the application it names', async () => {
    await failCommand('alwaysOn', { failCommands: ['find'], errorCode: 2, appName: 'victim' })
    const victim = new MongoClient(mongo.url, { appName: 'victim' })
    expect(await failureOf(victim.db('a').collection('b').findOne())).toMatchObject({ code: 2 })
    expect(await items().findOne()).toBeNull()
    await victim.close()
  })

  test('adds a write concern error to a write that was done', async () => {
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' }
    await failCommand({ times: 1 }, { failCommands: ['insert'], writeConcernError })
    const reply = await mongo.db
      .command({ insert: 'done', documents: [{ a: 1 }] })
      .catch((error) => error.result ?? error)
    expect(JSON.stringify(reply)).toContain('waiting for replication timed out')
    expect(await mongo.db.collection('done').countDocuments()).toBe(1)
  })

  test('is refused when it makes no sense', async () => {
    expect(await failureOf(failCommand('sometimes', { failCommands: ['find'] }))).toMatchObject({ code: 2 })
    const other = mongo.client.db('admin').command({ configureFailPoint: 'noSuchPoint', mode: 'off' })
    expect(await failureOf(other)).toMatchObject({ code: 2 })
  })
})

async function activeCommands(): Promise<string[]> {
  const { inprog } = await mongo.client.db('admin').command({ currentOp: 1 })
  return inprog.flatMap(({ command }: { command: object }) => Object.keys(command))
}
