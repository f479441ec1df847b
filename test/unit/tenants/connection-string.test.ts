import { describe, expect, test } from 'vitest'
import { checkConnectionString } from '../../../src/tenants/connection-string.ts'
import type { EngineName } from '../../../src/tenants/tenant.ts'

const check = (engine: EngineName, value: string, allowPrivate = false) =>
  checkConnectionString(engine, value, allowPrivate)
const postgresAt = (host: string) => `postgres://app:secret@${host}/app`
const mongoAt = (hosts: string) => `mongodb://app:secret@${hosts}/?tls=true`

/** Every way to write a host that is not on the public internet. */
const PRIVATE_HOSTS = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'db.localhost',
  'printer.local',
  'vault.internal',
  'metadata.google.internal',
  'nas.lan',
  'nas.home.arpa',
  'postgres',
  'postgres.',
  '127.0.0.1',
  '127.1',
  '127.0.0.1.',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '0',
  '0.0.0.0',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '169.254.169.254',
  '0xa9fea9fe',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.7',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:10.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[2001:db8::1]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[fe80::1]',
  '[ff02::1]',
]

const PUBLIC_HOSTS = [
  'ep-x.eu-central-1.aws.neon.tech',
  'db.example.com:5433',
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '192.169.0.1',
  '[2606:4700::1111]:5432',
  'notlocalhost.example.com',
]

describe('a host', () => {
  test.each(PRIVATE_HOSTS)(
    '%s is refused in both engines, and taken where private ones are allowed',
    (host) => {
      const reason = 'A host in it is private, loopback or link-local.'
      expect(check('postgres', postgresAt(host))).toEqual({ ok: false, reason })
      expect(check('mongo', mongoAt(host))).toEqual({ ok: false, reason })
      expect(check('postgres', postgresAt(host), true).ok).toBe(true)
      expect(check('mongo', mongoAt(host), true).ok).toBe(true)
    },
  )

  test.each(PUBLIC_HOSTS)('%s is taken in both engines', (host) => {
    expect(check('postgres', postgresAt(host))).toEqual({ ok: true, url: postgresAt(host) })
    expect(check('mongo', mongoAt(host))).toEqual({ ok: true, url: mongoAt(host) })
  })

  test('each of a list is looked at', () => {
    expect(check('mongo', mongoAt('a.example.com,b.example.com:27018')).ok).toBe(true)
    expect(check('mongo', mongoAt('a.example.com,10.0.0.1')).ok).toBe(false)
    expect(check('mongo', mongoAt('a.example.com,')).ok).toBe(false)
  })

  test('is kept in the form that was checked', () => {
    expect(check('postgres', postgresAt('DB.Example.COM.'))).toMatchObject({
      url: postgresAt('db.example.com'),
    })
    expect(check('postgres', postgresAt('%64b.example.com'))).toMatchObject({
      url: postgresAt('db.example.com'),
    })
    expect(check('postgres', postgresAt('0x08080808'))).toMatchObject({ url: postgresAt('8.8.8.8') })
  })
})

test.each([
  ['another scheme', 'mysql://app:secret@db.example.com/app'],
  ['a file', 'file:///etc/passwd'],
  ['MongoDB', mongoAt('db.example.com')],
  ['no host', 'postgres:///app'],
  ['a socket', 'postgres://app@%2Fvar%2Frun/app'],
  ['no user', 'postgres://db.example.com/app'],
  ['no database', 'postgres://app:secret@db.example.com'],
  ['a second host in an option', `${postgresAt('db.example.com')}?host=127.0.0.1`],
  ['a file in an option', `${postgresAt('db.example.com')}?sslmode=require&sslkey=/etc/key`],
  ['a line end', `${postgresAt('db.example.com')}\n`],
  ['a backslash', 'postgres://app:secret@db.example.com\\@127.0.0.1/app'],
  ['a fragment', `${postgresAt('db.example.com')}#@127.0.0.1`],
  ['characters of other alphabets', postgresAt('ⓛocalhost')],
  ['a broken escape', postgresAt('db%zz.example.com')],
])('Postgres does not take %s, and repeats nothing of it', (_, value) => {
  const checked = check('postgres', value, true)
  expect(checked.ok).toBe(false)
  expect(JSON.stringify(checked)).not.toMatch(/secret|127|example|passwd/)
})

test.each([
  ['another scheme', postgresAt('db.example.com')],
  ['no host', 'mongodb:///app'],
  ['a socket', 'mongodb://%2Ftmp%2Fmongodb.sock'],
  ['two accounts', 'mongodb://a:b@db.example.com@127.0.0.1/'],
  ['an option that weakens TLS', `${mongoAt('db.example.com')}&tlsInsecure=true`],
  ['a proxy', `${mongoAt('db.example.com')}&proxyHost=127.0.0.1`],
  ['a port that is none', mongoAt('db.example.com:27017:1')],
])('MongoDB does not take %s', (_, value) => {
  expect(check('mongo', value, true).ok).toBe(false)
})

test('MongoDB needs TLS on the public internet', () => {
  expect(check('mongo', 'mongodb://app:secret@db.example.com/').ok).toBe(false)
  expect(check('mongo', 'mongodb://app:secret@db.example.com/', true).ok).toBe(true)
  expect(check('mongo', 'mongodb+srv://app:secret@cluster.example.com/?retryWrites=true')).toEqual({
    ok: true,
    url: 'mongodb+srv://app:secret@cluster.example.com/?retryWrites=true',
  })
})

test.each([
  ['postgres', `${postgresAt('db.example.com')}?options=-c%20datestyle%3Dgerman&sslmode=require`, 'options'],
  ['postgres', `${postgresAt('db.example.com')}?statement_timeout=1`, 'statement_timeout'],
  ['mongo', `${mongoAt('db.example.com')}&w=0`, 'w'],
  ['mongo', `${mongoAt('db.example.com')}&compressors=snappy`, 'compressors'],
  ['mongo', `${mongoAt('db.example.com')}&nonsense=secret`, 'nonsense'],
] as const)(
  'an option that is not allowed is refused by its name, and its value is repeated nowhere: %s',
  (engine, value, name) => {
    const checked = check(engine, value)
    expect(checked).toEqual({ ok: false, reason: expect.stringMatching(new RegExp(`: ${name}\\.$`)) })
    expect(JSON.stringify(checked)).not.toContain('secret')
  },
)

test('what Neon and Atlas give is taken as it is', () => {
  expect(
    check('postgres', `${postgresAt('ep-x.eu.aws.neon.tech')}?sslmode=require&channel_binding=require`).ok,
  ).toBe(true)
  expect(
    check('mongo', 'mongodb+srv://app:secret@c.x.mongodb.net/?retryWrites=true&w=majority&appName=Cluster0')
      .ok,
  ).toBe(true)
})
