import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { EngineHooks } from '../../../src/engines/engine.ts'
import { mongo } from '../../../src/engines/mongo.ts'
import type { MongoConnection } from '../../../src/engines/mongo-connection.ts'
import { systemClock } from '../../../src/pools/clock.ts'
import { clearFaults, cut, setFault, until } from '../support.ts'

afterEach(clearFaults)

async function openPool(appName: string) {
  const seen = { opened: 0, closed: 0 }
  const hooks: EngineHooks = {
    connectionOpened: () => seen.opened++,
    connectionClosed: () => seen.closed++,
    connectionFailed: () => {},
    commandEnded: () => {},
  }
  const pool = await mongo.open(
    { engine: 'mongo', url: env.MONGODB_URI ?? '' },
    {
      appName,
      minSize: 0,
      maxSize: 4,
      largestSize: 4,
      commandTimeoutMs: 300,
      connectTimeoutMs: 1_000,
      maxIdleMs: 60_000,
      maxUses: 1_000,
      lifetime: () => 600_000,
      ...systemClock,
    },
    hooks,
  )
  return { pool, seen, [Symbol.asyncDispose]: () => pool.close(true) }
}

const tell = (connection: MongoConnection, command: object) =>
  connection.run('admin', (db) => db.command(command))

describe('a MongoDB connection', () => {
  it('is made as the user of its URL, by SCRAM inside this runtime', async () => {
    // A URL of several hosts is none to URL; a server of somebody's may have no users.
    const [, user] = /^[\w+]+:\/\/([^/@:]+)[^/@]*@/.exec(env.MONGODB_URI ?? '') ?? []
    await using its = await openPool('rockpool/login')
    const { connection, release } = await its.pool.checkout()
    const { authInfo } = await tell(connection, { connectionStatus: 1 })
    await release(true)
    const names = authInfo.authenticatedUsers.map((one: { user: string }) => one.user)
    expect(names).toEqual(user === undefined ? [] : [decodeURIComponent(user)])
  })

  it('on which nobody answers is ended after the command timeout, and the others of its pool go on', async () => {
    const appName = 'rockpool/silence'
    await using its = await openPool(appName)
    const { pool, seen } = its
    const silent = await pool.checkout()
    const other = await pool.checkout()
    await Promise.all([silent.connection.ping(2_000), other.connection.ping(2_000)])
    const data = { failCommands: ['find'], blockConnection: true, blockTimeMS: 60_000, appName }
    await tell(other.connection, { configureFailPoint: 'failCommand', mode: { times: 1 }, data })

    // Without a `maxTimeMS`, so that the server keeps silent rather than giving up.
    const asked = tell(silent.connection, { find: 'posts' })
    await expect(asked).rejects.toMatchObject({ code: 'database_timeout' })
    const { opened, closed } = seen
    const returned = silent.release(true)
    while (seen.closed === closed) await other.connection.ping(2_000)
    await returned
    expect(seen).toEqual({ opened, closed: closed + 1 })
    expect(pool.counts()).toMatchObject({ used: 0 })
    await other.release(true)

    const next = await pool.checkout()
    expect(await tell(next.connection, { find: 'posts' })).toMatchObject({ cursor: { id: 0 } })
    await next.release(true)
  })
})

describe('when the MongoDB server of an open pool is gone', () => {
  it('nobody looks for it longer than the connect timeout, and it is found when it is back', async () => {
    await using its = await openPool('rockpool/gone')
    const { pool } = its
    const { connection, release } = await pool.checkout()
    await connection.ping(2_000)
    await setFault('mongo', { blackhole: true })
    await cut('mongo')
    // At first what was there is found lost, and then nothing is found.
    const codes = new Set<string>()
    while (!codes.has('database_unavailable')) {
      const started = Date.now()
      codes.add(
        await connection.ping(10_000).then(
          () => 'found',
          ({ code }) => code,
        ),
      )
      // The connect timeout is 2 s; the ping by itself would take its ten.
      expect(Date.now() - started).toBeLessThan(9_000)
    }
    expect(codes).not.toContain('found')

    await clearFaults()
    await until(
      () =>
        connection.ping(10_000).then(
          () => true,
          () => false,
        ),
      (isBack) => isBack,
    )
    await release(true)
  })
})
