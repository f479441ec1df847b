import type { MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { MongoConnection, sharedOf } from '../../../src/engines/mongo-connection.ts'

/** A connection to a server whose `serverStatus` is this. */
function connectionTo(status: object): MongoConnection {
  const client = { on() {}, db: () => ({ command: async () => status }) } as unknown as MongoClient
  const options = { commandTimeoutMs: 1000, now: () => 0, after: () => () => {} }
  return new MongoConnection(sharedOf(client, options.now), options as never, { commandEnded() {} } as never)
}

describe("the server's count of connections", () => {
  it('has as its maximum what is open and what may be', async () => {
    const status = { connections: { current: 3, available: 7 }, ok: 1 }
    expect(await connectionTo(status).serverConnections()).toEqual({ current: 3, max: 10 })
  })

  it('is null where the server does not count, as FerretDB', async () => {
    expect(await connectionTo({ ok: 1 }).serverConnections()).toBeNull()
  })
})
