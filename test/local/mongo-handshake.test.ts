import { connect } from 'node:net'
import { deserialize, serialize } from 'bson'
import { MongoClient } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { failureOf, REAL_URI, sharedMongo } from './support/mongo.ts'

const mongo = sharedMongo()

describe('the handshake', () => {
  test('tells the driver a current server with sessions', async () => {
    const hello = await mongo.db.admin().command({ hello: 1 })
    expect(hello).toMatchObject({ isWritablePrimary: true, maxBsonObjectSize: 16_777_216, ok: 1 })
    // The stand-in is MongoDB 8; of a real server the driver asks for no more than 4.4.
    expect(hello.maxWireVersion).toBeGreaterThanOrEqual(REAL_URI ? 9 : 25)
    expect(hello.logicalSessionTimeoutMinutes).toBe(30)
  })

  test('lets the driver monitor the server by polling', async () => {
    const client = new MongoClient(mongo.url, {
      heartbeatFrequencyMS: 500,
      minHeartbeatFrequencyMS: 50,
    } as object)
    let beats = 0
    const twice = new Promise<void>((resolve) => {
      client.on('serverHeartbeatSucceeded', () => {
        if (++beats === 2) resolve()
      })
    })
    await client.connect()
    await twice
    expect(beats).toBeGreaterThanOrEqual(2)
    await client.close()
  })

  test('has sessions', async () => {
    await using session = mongo.client.startSession()
    expect(await mongo.db.collection('c').countDocuments({}, { session })).toBe(0)
    await session.endSession()
  })

  test.skipIf(REAL_URI)(
    'answers a legacy isMaster with OP_REPLY and refuses other legacy commands',
    async () => {
      const hello = await legacyCommand({ isMaster: 1, helloOk: true })
      expect(hello).toMatchObject({ ismaster: true, helloOk: true, ok: 1 })
      expect(await legacyCommand({ find: 'c' })).toMatchObject({ ok: 0, code: 352 })
    },
  )
})

describe('small commands', () => {
  test.each([
    { ping: 1 },
    { connectionStatus: 1 },
    { buildInfo: 1 },
    { refreshSessions: [] },
    { endSessions: [] },
  ])('%o succeeds', async (command) => {
    expect((await mongo.db.admin().command(command)).ok).toBe(1)
  })

  test('an unknown command is refused with CommandNotFound', async () => {
    const error = await failureOf(mongo.db.command({ shutTheDoor: 1 }))
    expect(error).toMatchObject({ code: 59, codeName: 'CommandNotFound' })
    expect(error.message).toContain("no such command: 'shutTheDoor'")
  })

  test.skipIf(REAL_URI)('a client with credentials is refused cleanly', async () => {
    const client = new MongoClient(mongo.url, { auth: { username: 'u', password: 'p' } })
    expect(await failureOf(client.connect())).toMatchObject({ code: 18 })
    await client.close()
  })

  test.skipIf(REAL_URI)('a transaction is refused as a standalone server does', async () => {
    const session = mongo.client.startSession()
    const error = await failureOf(
      session.withTransaction(() => mongo.db.collection('c').insertOne({ a: 1 }, { session })),
    )
    // The driver words it as a lack of retryable writes and keeps the server's answer.
    expect(error.originalError).toMatchObject({ code: 20 })
    await session.endSession()
  })

  test.skipIf(REAL_URI)('a write concern of more than one server is refused', async () => {
    const collection = mongo.db.collection('c', { writeConcern: { w: 2 } })
    expect(await failureOf(collection.insertOne({ a: 1 }))).toMatchObject({ code: 2 })
  })
})

/** Sends one OP_QUERY on `admin.$cmd` and gives the document of its OP_REPLY. */
function legacyCommand(command: object): Promise<object> {
  const name = Buffer.from('admin.$cmd\0')
  const query = serialize(command)
  const message = Buffer.alloc(16 + 4 + name.length + 8)
  message.writeInt32LE(message.length + query.length, 0)
  message.writeInt32LE(7, 4)
  message.writeInt32LE(2004, 12)
  message.set(name, 20)
  message.writeInt32LE(-1, 20 + name.length + 4)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(mongo.url).port), '127.0.0.1')
    socket.on('error', reject)
    socket.on('data', (reply) => {
      expect(reply.readInt32LE(8)).toBe(7)
      expect(reply.readInt32LE(12)).toBe(1)
      resolve(deserialize(reply.subarray(36)))
      socket.destroy()
    })
    socket.write(Buffer.concat([message, query]))
  })
}
