import { expect, test } from 'vitest'
import { settle } from '../support/clock.ts'
import { COMMAND_TIMEOUT_MS, startedPool } from '../support/postgres-pool.ts'

/** What the client grants the server beyond its own `statement_timeout`. */
const ANSWER_GRACE_MS = 2_000

async function leased() {
  const started = startedPool()
  const { connection, release } = await started.pool.checkout()
  const [client] = started.driver.clients
  if (!client) throw new Error('no client')
  return { ...started, connection, release, client }
}

test('a statement that is answered leaves no time-out behind', async () => {
  const { clock, connection, told } = await leased()
  const before = clock.timers
  expect(await connection.query('SELECT 1')).toEqual([])
  expect(connection.isBusy).toBe(false)
  expect(clock.timers).toBe(before)
  expect(told.commands).toBe(1)
})

test('a statement that is not answered is a timeout, and its connection is ended and not lent again', async () => {
  const { pool, clock, connection, release, client, told } = await leased()
  client.isSilent = true
  const late = expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'database_timeout' })
  const behind = expect(connection.query('SELECT 2')).rejects.toMatchObject({ code: 'connection_lost' })
  await clock.advance(COMMAND_TIMEOUT_MS + ANSWER_GRACE_MS - 1)
  expect(connection.isBroken).toBe(false)
  await clock.advance(1)
  await Promise.all([late, behind])
  expect(client.hasEnded).toBe(true)
  expect(connection.isBroken).toBe(true)
  // Silent to the end: nothing comes back from it, and nobody waits for that.
  await release(true)
  expect(pool.counts()).toEqual({ size: 0, free: 0, used: 0 })
  expect(told).toMatchObject({ closed: 1, failed: 0, commands: 2 })
  expect(clock.timers).toBe(0)
})

test('what stands behind a statement that is not answered is lost with it, at once', async () => {
  const { clock, connection, client } = await leased()
  client.isSilent = true
  const late = expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'database_timeout' })
  await clock.advance(COMMAND_TIMEOUT_MS)
  const behind = expect(connection.query('SELECT 2')).rejects.toMatchObject({ code: 'connection_lost' })
  await clock.advance(ANSWER_GRACE_MS)
  await Promise.all([late, behind])
  expect(connection.isBusy).toBe(false)
})

test('an answer that comes too late changes nothing', async () => {
  const { clock, connection, client, told } = await leased()
  client.isSilent = true
  const late = expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'database_timeout' })
  await clock.advance(COMMAND_TIMEOUT_MS + ANSWER_GRACE_MS)
  await late
  client.answer()
  await settle()
  expect(told.commands).toBe(1)
  expect(connection.isBroken).toBe(true)
})

test('a ping has a time of its own', async () => {
  const { clock, connection, client } = await leased()
  client.isSilent = true
  const ping = expect(connection.ping(300)).rejects.toMatchObject({ code: 'database_timeout' })
  await clock.advance(300)
  await ping
  expect(connection.isBroken).toBe(true)
})

test('a connection goes back only when its statements have ended', async () => {
  const { pool, connection, release, driver, client } = await leased()
  driver.isHeld = true
  const statement = connection.query('SELECT 1')
  const released = release(true)
  await settle()
  expect(pool.counts().free).toBe(0)
  client.answer()
  await statement
  await released
  expect(pool.counts().free).toBe(1)
})
