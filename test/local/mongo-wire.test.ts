import { connect, type Socket } from 'node:net'
import { deserialize, serialize } from 'bson'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MongoServer, startMongo } from '../../dev/local/mongo/server.ts'
import { onlyOfTheStandIn } from './support/mongo.ts'

onlyOfTheStandIn()

let server: MongoServer
const logged: string[] = []
beforeAll(async () => {
  server = await startMongo({ log: (line) => logged.push(line) })
})
afterAll(() => server.close())

const PING = serialize({ ping: 1, $db: 'admin' })

/** One message with a header that tells the truth about it. */
function message(opCode: number, body: Uint8Array, requestId = 1): Buffer {
  const header = Buffer.alloc(16)
  header.writeInt32LE(16 + body.length, 0)
  header.writeInt32LE(requestId, 4)
  header.writeInt32LE(opCode, 12)
  return Buffer.concat([header, body])
}

function msg(sections: Uint8Array[], flags = 0, requestId = 1): Buffer {
  const bits = Buffer.alloc(4)
  bits.writeUInt32LE(flags)
  return message(2013, Buffer.concat([bits, ...sections]), requestId)
}

const bodySection = (doc: Uint8Array) => Buffer.concat([Buffer.from([0]), doc])

function sequenceSection(name: string, docs: Uint8Array[]): Buffer {
  const rest = Buffer.concat([Buffer.from(`${name}\0`), ...docs])
  const head = Buffer.alloc(5)
  head[0] = 1
  head.writeInt32LE(rest.length + 4, 1)
  return Buffer.concat([head, rest])
}

async function withSocket<T>(use: (socket: Socket) => Promise<T>): Promise<T> {
  const socket = connect(server.port, '127.0.0.1')
  try {
    return await use(socket)
  } finally {
    socket.destroy()
  }
}

/** Sends bytes; settles with what came back when the server closes, or when `count` answers are there. */
function exchange(
  bytes: Uint8Array,
  count = 1,
  endAfter = false,
): Promise<{ answers: Buffer[]; closed: boolean }> {
  return withSocket(
    (socket) =>
      new Promise((resolve, reject) => {
        let data = Buffer.alloc(0)
        const answers: Buffer[] = []
        socket.on('data', (chunk) => {
          data = Buffer.concat([data, chunk])
          while (data.length >= 4 && data.length >= data.readInt32LE(0)) {
            answers.push(data.subarray(0, data.readInt32LE(0)))
            data = data.subarray(data.readInt32LE(0))
          }
          if (answers.length >= count) resolve({ answers, closed: false })
        })
        socket.on('close', () => resolve({ answers, closed: true }))
        socket.on('error', reject)
        if (endAfter) socket.end(bytes)
        else socket.write(bytes)
      }),
  )
}

const bodyOf = (answer: Buffer | undefined) => deserialize((answer as Buffer).subarray(21))

async function isAlive(): Promise<boolean> {
  const { answers } = await exchange(msg([bodySection(PING)]))
  return bodyOf(answers[0]).ok === 1
}

describe('OP_MSG', () => {
  test('answers with the id of its request', async () => {
    const { answers } = await exchange(msg([bodySection(PING)], 0, 77))
    expect(answers[0]?.readInt32LE(8)).toBe(77)
    expect(bodyOf(answers[0])).toEqual({ ok: 1 })
  })

  test('takes documents from sequences, before or after the body', async () => {
    const insert = bodySection(serialize({ insert: 'seq', $db: 'wire' }))
    const docs = sequenceSection('documents', [serialize({ _id: 1 }), serialize({ _id: 2 })])
    const more = sequenceSection('documents', [serialize({ _id: 3 })])
    const { answers } = await exchange(Buffer.concat([msg([insert, docs]), msg([more, insert])]), 2)
    expect(answers.map((answer) => bodyOf(answer).n)).toEqual([2, 1])
  })

  test('does not answer what it is told not to, and keeps the order', async () => {
    const insert = serialize({ insert: 'quiet', documents: [{ _id: 1 }], $db: 'wire' })
    const count = serialize({ count: 'quiet', $db: 'wire' })
    const { answers } = await exchange(
      Buffer.concat([msg([bodySection(insert)], 2, 1), msg([bodySection(count)], 0, 2)]),
    )
    expect(answers).toHaveLength(1)
    expect(answers[0]?.readInt32LE(8)).toBe(2)
    expect(bodyOf(answers[0]).n).toBe(1)
  })

  test('tolerates a checksum', async () => {
    const { answers } = await exchange(msg([bodySection(PING), Buffer.from([1, 2, 3, 4])], 1))
    expect(bodyOf(answers[0]).ok).toBe(1)
  })

  test('comes in pieces of any size, many at once', async () => {
    const stream = Buffer.concat(Array.from({ length: 20 }, (_, id) => msg([bodySection(PING)], 0, id)))
    await withSocket(async (socket) => {
      socket.setNoDelay(true)
      const ids: number[] = []
      const done = new Promise<void>((resolve) => {
        socket.on('data', (chunk) => {
          for (let at = 0; at < chunk.length; at += chunk.readInt32LE(at)) ids.push(chunk.readInt32LE(at + 8))
          if (ids.length === 20) resolve()
        })
      })
      for (let at = 0; at < stream.length; at += 13) {
        await new Promise((resolve) => socket.write(stream.subarray(at, at + 13), resolve))
      }
      await done
      expect(ids).toEqual([...Array(20).keys()])
    })
  })
})

describe('a malformed message closes its connection and nothing else', () => {
  const header = (length: number) => {
    const bytes = msg([bodySection(PING)])
    bytes.writeInt32LE(length, 0)
    return bytes
  }
  test.each([
    ['a length of 0', header(0)],
    ['a negative length', header(-1)],
    ['a length of 15', header(15)],
    ['a length above the limit', header(48_000_001)],
    ['an unknown operation', message(9999, PING)],
    ['OP_COMPRESSED, which was not agreed on', message(2012, PING)],
    ['an unknown required flag', msg([bodySection(PING)], 4)],
    ['an unknown section', msg([Buffer.from([7]), PING])],
    ['no section', msg([])],
    ['only a sequence', msg([sequenceSection('documents', [PING])])],
    ['two bodies', msg([bodySection(PING), bodySection(PING)])],
    ['a document longer than its message', msg([Buffer.from([0, 255, 0, 0, 0, 0])])],
    [
      'a sequence without an end of its name',
      msg([bodySection(PING), Buffer.from([1, 8, 0, 0, 0, 65, 65, 65, 65])]),
    ],
    [
      'a legacy query that is no command',
      message(2004, Buffer.concat([Buffer.alloc(4), Buffer.from('a.b\0'), Buffer.alloc(8), PING])),
    ],
    ['a truncated legacy query', message(2004, Buffer.from([0, 0, 0, 0, 97]))],
  ])('%s', async (_name, bytes) => {
    expect(await exchange(bytes)).toEqual({ answers: [], closed: true })
    expect(await isAlive()).toBe(true)
  })

  test('whatever its header or its sections say', async () => {
    const flipped = fc
      .tuple(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
      )
      .map(([changes, withSequence]) => {
        const insert = bodySection(serialize({ insert: 'fuzz', $db: 'wire', ordered: true }))
        const docs = sequenceSection('documents', [serialize({ a: 1, b: ['x', { c: null }] })])
        const bytes = withSequence ? msg([insert, docs]) : msg([bodySection(PING)])
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        return bytes
      })
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => message(2013, bytes))
    const noise = fc.uint8Array({ minLength: 4, maxLength: 64 })
    await fc.assert(
      fc.asyncProperty(fc.oneof(flipped, random, noise), async (bytes) => {
        // The client ends its side, so that a server that waits for more bytes closes too.
        await exchange(bytes, 1, true)
        return isAlive()
      }),
      { numRuns: 400 },
    )
    expect(logged.filter((line) => line.includes('stand-in server failed'))).toEqual([])
  })

  test('a document that is broken inside is refused, and the collection stays readable', async () => {
    const broken = Buffer.from(serialize({ _id: 1, sub: { text: 'abc' } }))
    // The length of the text, within the embedded document.
    broken.writeInt32LE(9999, broken.indexOf('text') + 5)
    const insert = bodySection(serialize({ insert: 'broken', $db: 'wire' }))
    const { answers } = await exchange(msg([insert, sequenceSection('documents', [broken])]))
    expect(bodyOf(answers[0])).toMatchObject({ n: 0, writeErrors: [{ index: 0, code: 9 }] })
    const find = bodySection(serialize({ find: 'broken', filter: { 'sub.text': 'abc' }, $db: 'wire' }))
    expect(bodyOf((await exchange(msg([find]))).answers[0]).ok).toBe(1)
  })

  test('nested deeper than a document may be', async () => {
    let doc: object = {}
    for (let i = 0; i < 300; i++) doc = { d: doc }
    const { answers, closed } = await exchange(
      msg([bodySection(serialize({ find: 'c', filter: doc, $db: 'wire' }))]),
    )
    expect(closed || bodyOf(answers[0]).ok === 0).toBe(true)
    expect(await isAlive()).toBe(true)
  })
})
