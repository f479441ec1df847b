import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../../dev/local/postgres/server.ts'
import { startStandby } from '../../dev/local/postgres/standby.ts'

let primary: PostgresServer
let standby: PostgresServer
let writer: pg.Client
let reader: pg.Client
beforeAll(async () => {
  primary = await startPostgres()
  writer = new pg.Client(primary.url)
  await writer.connect()
  await writer.query('CREATE TABLE entry AS SELECT n FROM generate_series(1, 1000) AS n')
  // Written all the while the copy is made: the copy must be whole all the same.
  let isCopying = true
  const writing = (async () => {
    while (isCopying) await writer.query('UPDATE entry SET n = n')
  })()
  standby = await startStandby(primary)
  isCopying = false
  await writing
  reader = new pg.Client(standby.url)
  await reader.connect()
})
afterAll(async () => {
  await reader?.end()
  await writer?.end()
  await standby?.close()
  await primary?.close()
})

test('a standby has the data of its primary and follows it', async () => {
  expect(await count()).toBe(1000)
  await writer.query('INSERT INTO entry VALUES (1001)')
  await expect.poll(count).toBe(1001)
  const { rows } = await writer.query(
    "SELECT state FROM pg_stat_replication WHERE application_name = 'standby'",
  )
  expect(rows).toEqual([{ state: 'streaming' }])
})

test('a standby is read only', async () => {
  await expect(reader.query('INSERT INTO entry VALUES (0)')).rejects.toMatchObject({ code: '25006' })
})

test('a standby goes on serving reads when its primary is gone, and stops when it is told to', async () => {
  await writer.end()
  await primary.close()
  expect(await count()).toBe(1001)
  await reader.end()
  await standby.close()
  await expect(new pg.Client(standby.url).connect()).rejects.toThrow('ECONNREFUSED')
})

async function count(): Promise<number> {
  return (await reader.query('SELECT count(*)::int AS count FROM entry')).rows[0].count
}
