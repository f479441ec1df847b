import { Client, type NeonDbError, neon } from '@neondatabase/serverless'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedPostgres } from './support/postgres.ts'

const postgres = sharedPostgres()
let socket: Client
beforeAll(async () => {
  socket = new Client(postgres.server.url)
  await socket.connect()
  await socket.query(`
    CREATE TABLE account (id int PRIMARY KEY, name text NOT NULL CHECK (name <> ''), parent int REFERENCES account);
    CREATE TABLE entry (id int, name text);
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE FUNCTION complain() RETURNS void LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no' USING HINT = 'try later', DETAIL = 'closed on sundays', ERRCODE = 'P0042'; END $$;
    CREATE FUNCTION stumble() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / (SELECT 0); END $$`)
})
afterAll(() => socket?.end())

describe('SQL over HTTP gives what the WebSocket driver gives', () => {
  test.each<[query: string, params?: unknown[]]>([
    [
      'SELECT 1 AS int, 2::int2 AS small, 9007199254740993::int8 AS big, 1.5::float8 AS float, 1.10::numeric AS num',
    ],
    [
      "SELECT 'NaN'::float8 AS nan, 'Infinity'::float4 AS inf, '-0'::float8 AS minus, NULL::int AS none, true AS yes",
    ],
    ["SELECT 'ä € 😀 \" \\ \n'::text AS text, 'x'::char(3) AS char, ''::text AS empty, 'c'::\"char\" AS one"],
    ["SELECT '\\x00ff10'::bytea AS bytes, 'happy'::mood AS mood, '{sad,happy}'::mood[] AS moods"],
    [
      "SELECT '2026-11-21'::date AS date, '2026-11-21 10:11:12.345678'::timestamp AS local, '12:13'::time AS time",
    ],
    [
      "SELECT '2026-11-21 10:11:12+02'::timestamptz AS moment, '1 day 2 hours'::interval AS span, 'infinity'::date AS inf",
    ],
    [
      'SELECT \'{"a": [1, null, {"b": "c"}]}\'::json AS json, \'{"z": 1, "a": 1e3}\'::jsonb AS jsonb, \'null\'::jsonb AS null',
    ],
    ["SELECT '{1,2,NULL}'::int[] AS ints, '{{a,b},{\"c d\",NULL}}'::text[] AS texts, '{}'::int[] AS none"],
    [
      "SELECT '(1,2)'::point AS point, '<(1,2),3>'::circle AS circle, '[1,5)'::int4range AS range, '1.2.3.4/8'::inet AS ip",
    ],
    [
      "SELECT 'a6eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS uuid, B'101' AS bits, 1::oid AS oid, row(1,'a') AS record",
    ],
    ['SELECT 1 AS same, 2 AS same'],
    ['SELECT * FROM account'],
    ['SELECT'],
    ['SELECT generate_series(1, 1000) AS n'],
    ['SELECT $1::int AS a, $2::text AS b, $3::bool AS c, $4::float8 AS d', [42, 'täxt', false, 1.25]],
    [
      'SELECT $1::jsonb AS object, $2::int[] AS list, $3::text AS none',
      [{ a: [1, 'x'] }, [1, null, 3], null],
    ],
    ['SELECT $1::text[] AS texts', [['a "quoted"', 'back\\slash', '', 'NULL', null, '{}']]],
    [
      'SELECT $1::timestamptz AS moment, $2::bytea AS bytes',
      [new Date(1_700_000_000_123), Buffer.from([0, 255])],
    ],
    ["INSERT INTO entry VALUES (1, 'a'), (2, 'b') RETURNING id"],
    ["INSERT INTO entry VALUES (3, 'c')"],
    ["UPDATE entry SET name = 'd'"],
    ['DELETE FROM entry WHERE id < 0'],
    ['CREATE TABLE IF NOT EXISTS other (id int)'],
    ['SET work_mem = 65536'],
    ['SHOW server_version_num'],
    ['EXPLAIN SELECT 1'],
    ['VALUES (1), (2)'],
  ])('%s', async (query, params = []) => {
    for (const arrayMode of [false, true]) {
      const viaHttp = await neon(postgres.server.url, { fullResults: true, arrayMode }).query(query, params)
      const viaSocket = await socket.query({
        text: query,
        values: params,
        ...(arrayMode && { rowMode: 'array' }),
      })
      expect(comparable(viaHttp)).toEqual(comparable(viaSocket))
    }
  })
})

describe('errors over HTTP are those of the WebSocket driver', () => {
  test.each<[query: string, code: string, params?: unknown[]]>([
    ['SELEC 1', '42601'],
    ['SELECT * FROM nowhere', '42P01'],
    ['SELECT nothing FROM account', '42703'],
    ["INSERT INTO account VALUES (7, '')", '23514'],
    ['INSERT INTO account VALUES (7, NULL)', '23502'],
    ["INSERT INTO account VALUES (7, 'a', 99)", '23503'],
    ["INSERT INTO account VALUES (8, 'a'), (8, 'a')", '23505'],
    ['SELECT $1::int', '22P02', ['many']],
    ["SELECT 'later'::mood", '22P02'],
    ['SELECT 1 / 0', '22012'],
    ['SELECT complain()', 'P0042'],
    ['SELECT stumble()', '22012'],
    ['SELECT $1::text, $2::text', '08P01', ['one']],
    ['SELECT pg_sleep(60)', '57014'],
    ["SELECT 'a' || E'\\xff'", '22021'],
  ])('%s', async (query, code, params = []) => {
    // Both are held to the same short time, so that the sleeper has something to fail by.
    const url = `${postgres.server.url}?options=-c%20statement_timeout%3D300`
    await socket.query('SET statement_timeout = 300')
    const viaHttp = await neon(url)
      .query(query, params)
      .catch((error: NeonDbError) => error)
    const viaSocket = await socket
      .query({ text: query, values: params })
      .catch((error: pg.DatabaseError) => error)
    expect(viaHttp).toMatchObject({ name: 'NeonDbError', code })
    expect(describeError(viaHttp)).toEqual(describeError(viaSocket))
  })

  test.each([
    ['password', /:[^:@]+@/, ':guess@'],
    ['user', /rockpool:/, 'somebody:'],
    ['database', /rockpool$/, 'elsewhere'],
  ])('wrong %s', async (_what, from, to) => {
    const url = postgres.server.url.replace(from, to)
    const client = new Client(url)
    client.on('error', () => undefined)
    const viaSocket = await client.connect().catch((error: pg.DatabaseError) => error)
    const viaHttp = await neon(url)`SELECT 1`.catch((error: NeonDbError) => error)
    expect(viaHttp).toMatchObject({ name: 'NeonDbError', severity: 'FATAL' })
    expect(describeError(viaHttp)).toEqual(describeError(viaSocket))
  })

  test('several statements in one query, which HTTP always refuses', async () => {
    const sql = neon(postgres.server.url)
    await expect(sql.query('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: '42601' })
  })
})

/** As Neon's own conformance test: equal but for what names the way it came, and `oid`, which only `pg` has. */
function comparable(result: object) {
  const { fields, rows, rowCount, command, rowAsArray } = result as pg.QueryArrayResult & {
    rowAsArray: boolean
  }
  return { fields: fields.map((field) => ({ ...field })), rows, rowCount, command, rowAsArray }
}

function describeError(error: unknown) {
  const names = [
    ...[
      'message',
      'severity',
      'code',
      'detail',
      'hint',
      'position',
      'internalPosition',
      'internalQuery',
      'where',
    ],
    ...['schema', 'table', 'column', 'dataType', 'constraint', 'file', 'line', 'routine'],
  ]
  return Object.fromEntries(names.map((name) => [name, (error as Record<string, unknown>)[name]]))
}
