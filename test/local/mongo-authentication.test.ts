import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, type Document, MongoClient } from 'mongodb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startMongo } from '../../dev/local/mongo/server.ts'
import { failureOf, onlyOfTheStandIn } from './support/mongo.ts'
import { shared } from './support/shared.ts'

onlyOfTheStandIn()

/** What a URL has to escape. */
const USER = { name: 'app@shop', password: 'p@ss/word: 100%' }
const MECHANISM = 'SCRAM-SHA-256'

const guarded = shared(async () => {
  const server = await startMongo({ user: USER })
  return { url: server.url, port: server.port, [Symbol.asyncDispose]: () => server.close() }
})

/** A client of one connection, so that commands by hand meet the conversation that they began. */
function clientOf(options: object = {}, url = `mongodb://127.0.0.1:${guarded.port}/?authSource=admin`) {
  const client = new MongoClient(url, { maxPoolSize: 1, ...options })
  onTestFinished(() => client.close())
  return client
}

const as = (username: string, password: string, authMechanism?: 'SCRAM-SHA-1') =>
  clientOf({ auth: { username, password }, ...(authMechanism && { authMechanism }) })

const first = (user: string, mechanism = MECHANISM) => ({
  saslStart: 1,
  mechanism,
  payload: new Binary(Buffer.from(`n,,n=${user},r=rOprNGfwEbeRWgbNEkqO`)),
  options: { skipEmptyExchange: true },
})

const next = (text: string, conversationId = 1) => ({
  saslContinue: 1,
  conversationId,
  payload: new Binary(Buffer.from(text)),
})

const saidBy = ({ payload }: Document) => Buffer.from(payload.value()).toString()
const REFUSED = { code: 18, codeName: 'AuthenticationFailed', message: 'Authentication failed.' }

describe('a server with a user', () => {
  test.each([undefined, MECHANISM] as const)('lets it in by its URL, mechanism %s', async (authMechanism) => {
    const client = clientOf({ ...(authMechanism && { authMechanism }) }, guarded.url)
    await client.db('shop').collection('c').insertOne({ a: 1 })
    const { authInfo } = await client.db('shop').command({ connectionStatus: 1 })
    expect(authInfo).toEqual({
      authenticatedUsers: [{ user: USER.name, db: 'admin' }],
      authenticatedUserRoles: [{ role: 'root', db: 'admin' }],
    })
  })

  test('lets it in with two messages: the first one goes with hello', async () => {
    const admin = clientOf({}, guarded.url).db('admin')
    const data = { failCommands: ['saslStart'], errorCode: 1 }
    await admin.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data })
    await clientOf({}, guarded.url).connect()
    // By itself that failure is met.
    expect(await failureOf(clientOf().db('admin').command(first(USER.name)))).toMatchObject({ code: 1 })
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' })
  })

  test('refuses a wrong password and an unknown user in the same words', async () => {
    const wrong = await failureOf(as(USER.name, 'guess').connect())
    const unknown = await failureOf(as('nobody', USER.password).connect())
    for (const error of [wrong, unknown]) {
      expect(error).toMatchObject({ ...REFUSED, name: 'MongoServerError' })
    }
    expect(unknown.errorResponse).toEqual(wrong.errorResponse)
  })

  test('refuses the user by another database, and by a mechanism that it has no credentials for', async () => {
    const elsewhere = clientOf({}, guarded.url.replace('authSource=admin', 'authSource=shop'))
    expect(await failureOf(elsewhere.connect())).toMatchObject(REFUSED)
    expect(await failureOf(as(USER.name, USER.password, 'SCRAM-SHA-1').connect())).toMatchObject(REFUSED)
    expect(await failureOf(clientOf().db('admin').command(first(USER.name, 'PLAIN')))).toMatchObject({
      code: 334,
      codeName: 'MechanismUnavailable',
      message: 'Received authentication for mechanism PLAIN which is not enabled',
    })
  })

  test('shows who is unknown neither by mechanisms nor by a salt that changes', async () => {
    const ask = async (user: string) => {
      const { saslStart, mechanism, payload } = first(user)
      const { saslSupportedMechs, speculativeAuthenticate } = await clientOf()
        .db('admin')
        .command({
          hello: 1,
          saslSupportedMechs: `admin.${user}`,
          speculativeAuthenticate: { saslStart, mechanism, payload, db: 'admin' },
        })
      expect(saslSupportedMechs).toEqual([MECHANISM])
      const [, salt = '', iterations] = /,s=([^,]+),i=(\d+)$/.exec(saidBy(speculativeAuthenticate)) ?? []
      expect([Buffer.from(salt, 'base64').length, iterations]).toEqual([28, '15000'])
      return salt
    }
    const [known, unknown, another] = [await ask(USER.name), await ask('nobody'), await ask('somebody')]
    expect(await ask(USER.name)).toBe(known)
    expect(await ask('nobody')).toBe(unknown)
    expect(new Set([known, unknown, another]).size).toBe(3)
  })

  test('tells nobody its mechanisms who does not ask, and goes on past a first message that fails', async () => {
    const admin = clientOf().db('admin')
    expect(await admin.command({ hello: 1 })).not.toHaveProperty('saslSupportedMechs')
    const speculativeAuthenticate = { ...first('x', 'PLAIN'), db: 'admin' }
    expect(await admin.command({ hello: 1, speculativeAuthenticate })).not.toHaveProperty(
      'speculativeAuthenticate',
    )
    expect(await failureOf(admin.command({ hello: 1, speculativeAuthenticate: 1 }))).toMatchObject({
      code: 14,
    })
  })
})

describe('before it has authenticated, a client', () => {
  test.each([{ hello: 1 }, { isMaster: 1 }, { buildInfo: 1 }, { ping: 1 }])('may %o', async (command) => {
    expect((await clientOf().db('admin').command(command)).ok).toBe(1)
  })

  test('is nobody', async () => {
    const { authInfo } = await clientOf().db('admin').command({ connectionStatus: 1 })
    expect(authInfo).toEqual({ authenticatedUsers: [], authenticatedUserRoles: [] })
  })

  test.each([
    { find: 'c' },
    { insert: 'c', documents: [{}] },
    { aggregate: 'c', pipeline: [], cursor: {} },
    { getMore: 1, collection: 'c' },
    { listDatabases: 1 },
    { serverStatus: 1 },
    { configureFailPoint: 'failCommand', mode: 'off' },
    { endSessions: [] },
    { logout: 1 },
  ])('may not %o', async (command) => {
    const [name] = Object.keys(command)
    expect(await failureOf(clientOf().db('admin').command(command))).toMatchObject({
      code: 13,
      codeName: 'Unauthorized',
      message: `Command ${name} requires authentication`,
    })
  })
})

describe('a conversation', () => {
  test('that nobody began, or that failed, cannot be continued', async () => {
    const admin = clientOf().db('admin')
    const none = { code: 17, codeName: 'ProtocolError', message: 'No SASL session state found' }
    expect(await failureOf(admin.command(next('')))).toMatchObject(none)
    await admin.command(first(USER.name))
    expect(await failureOf(admin.command(next('c=biws,r=rOprNGfwEbeRWgbNEkqO,p=AAAA')))).toMatchObject(
      REFUSED,
    )
    expect(await failureOf(admin.command(next('')))).toMatchObject(none)
    expect(await failureOf(admin.command(first('x', MECHANISM.toLowerCase())))).toMatchObject({ code: 334 })
    expect(await failureOf(admin.command(next('')))).toMatchObject(none)
  })

  test('that is over cannot be continued, and the client stays who it is until it logs out', async () => {
    const admin = clientOf({}, guarded.url).db('admin')
    expect(await failureOf(admin.command(next('')))).toMatchObject({ code: 17 })
    await admin.command(first('nobody'))
    expect(await failureOf(admin.command(next('nothing')))).toMatchObject(REFUSED)
    await admin.command({ listDatabases: 1 })
    await admin.command({ logout: 1 })
    expect(await failureOf(admin.command({ listDatabases: 1 }))).toMatchObject({ code: 13 })
  })

  test('has one number, and takes bytes', async () => {
    const admin = clientOf().db('admin')
    await admin.command(first(USER.name))
    expect(await failureOf(admin.command(next('', 2)))).toMatchObject({
      code: 17,
      message: 'sasl: Mismatched conversation id',
    })
    expect(await failureOf(admin.command({ ...first(USER.name), payload: 'n,,' }))).toMatchObject({
      code: 14,
    })
  })

  test('has a nonce of its own each time', async () => {
    const admin = clientOf().db('admin')
    const nonces = [await admin.command(first(USER.name)), await admin.command(first(USER.name))].map(
      (answer) => /^r=([^,]+)/.exec(saidBy(answer))?.[1],
    )
    expect(new Set(nonces).size).toBe(2)
    for (const nonce of nonces) expect(nonce).toMatch(/^rOprNGfwEbeRWgbNEkqO[\w+/]{32}$/)
  })
})

test('data of a server without a user are there with one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rockpool-mongo-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  for (const user of [undefined, USER]) {
    const server = await startMongo({ dir, ...(user && { user }) })
    const client = new MongoClient(server.url)
    const items = client.db('shop').collection('items')
    if (!user) await items.insertOne({ title: 'kept' })
    expect(await items.find().toArray()).toMatchObject([{ title: 'kept' }])
    await client.close()
    await server.close()
  }
})

test('a user with a name or password that SASLprep could change is refused', async () => {
  for (const user of [
    { name: 'app', password: 'pass\u00adword' },
    { name: 'näme', password: 'x' },
    { name: 'app', password: '' },
  ]) {
    expect(await failureOf(startMongo({ user }))).toBeInstanceOf(RangeError)
  }
})
