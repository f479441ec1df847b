import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { openConnection } from '../stores/connections.ts'

it('a MongoDB connection is made as the user of its URL, by SCRAM inside this runtime', async () => {
  // A URL of several hosts is none to URL; a server of somebody's may have no users.
  const [, user] = /^[\w+]+:\/\/([^/@:]+)[^/@]*@/.exec(env.MONGODB_URI) ?? []
  await using opened = await openConnection('mongo')
  const { connection } = opened
  if (connection.engine !== 'mongo') throw new Error('not of MongoDB')
  const { authInfo } = await connection.run('admin', (db) => db.command({ connectionStatus: 1 }))
  const names = authInfo.authenticatedUsers.map((one: { user: string }) => one.user)
  expect(names).toEqual(user === undefined ? [] : [decodeURIComponent(user)])
})
