import { describe, expect, test } from 'vitest'
import { localSettings, localVariables } from '../../dev/variables.ts'

const STACK = {
  DB_ENV: 'development',
  DB_PRIMARY_DB_URL: 'postgres://app@127.0.0.1:1/app',
  DB_REPLICA_DB_URL: 'postgres://app@127.0.0.1:2/app',
  NEON_WS_PROXY: '127.0.0.1:3/v2,127.0.0.1:4/v2',
  NEON_HTTP_ENDPOINT: 'http://127.0.0.1:3/sql',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:5',
  UPSTASH_REDIS_REST_TOKEN: 'stack-token',
  JWT_SECRET: 's'.repeat(32),
}

const NEON = 'postgres://app:pw@ep-1.neon.tech/app?sslmode=require'

test("the stack's variables hold where the environment sets none", () => {
  expect(localVariables(STACK, {})).toEqual(STACK)
})

describe('Postgres of the environment', () => {
  test("of Neon is reached as in production: by no proxy and no endpoint of the stack's, and without its replica", () => {
    expect(localVariables(STACK, { DB_PRIMARY_DB_URL: NEON })).toMatchObject({
      DB_PRIMARY_DB_URL: NEON,
      DB_REPLICA_DB_URL: '',
      NEON_WS_PROXY: '',
      NEON_HTTP_ENDPOINT: '',
    })
  })

  test("that is a plain server is reached through the stack's proxies, which are told to lead there", () => {
    const env = {
      DB_PRIMARY_DB_URL: 'postgres://app:pw@db.test/app',
      DB_REPLICA_DB_URL: 'postgres://app:pw@[fd00::1]:6000/app,postgres://app:pw@two.test/app',
    }
    expect(localVariables(STACK, env)).toMatchObject({
      ...env,
      NEON_WS_PROXY: '127.0.0.1:3/v2,127.0.0.1:4/v2,127.0.0.1:4/v2',
      NEON_HTTP_ENDPOINT: STACK.NEON_HTTP_ENDPOINT,
    })
    expect(localSettings(env).stack.postgresServers).toEqual([
      { host: 'db.test', port: 5432 },
      { host: 'fd00::1', port: 6000 },
      { host: 'two.test', port: 5432 },
    ])
    expect(localSettings({ DB_PRIMARY_DB_URL: NEON }).stack.postgresServers).toEqual([])
  })

  test.each([
    [{ DB_REPLICA_DB_URL: NEON }],
    [{ DB_PRIMARY_DB_URL: NEON, DB_REPLICA_DB_URL: 'postgres://app@db.test/app' }],
  ])('of which one is of Neon and another is not is refused with the reason', (env) => {
    expect(() => localSettings(env)).toThrow(/DB_REPLICA_DB_URL: either all of the servers, or none/)
  })

  test('goes by the proxies that the environment names too', () => {
    const env = { DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', NEON_WS_PROXY: 'proxy.test:80/v1' }
    expect(localVariables(STACK, env)).toMatchObject(env)
  })
})

describe('Redis of the environment', () => {
  test("takes the place of the stack's, token and all", () => {
    const env = { UPSTASH_REDIS_REST_URL: 'https://one.upstash.io', UPSTASH_REDIS_REST_TOKEN: 'own-token' }
    expect(localVariables(STACK, env)).toMatchObject(env)
  })

  test.each([
    [{ UPSTASH_REDIS_REST_URL: 'https://one.upstash.io' }, /UPSTASH_REDIS_REST_TOKEN: needed/],
    [{ UPSTASH_REDIS_REST_TOKEN: 'own-token' }, /UPSTASH_REDIS_REST_URL: needed/],
    [
      {
        REDIS_URL: 'redis://r.test',
        UPSTASH_REDIS_REST_URL: 'https://one.upstash.io',
        UPSTASH_REDIS_REST_TOKEN: 't',
      },
      /REDIS_URL: one of/,
    ],
  ])("never meets the stack's half of what belongs together", (env, reason) => {
    expect(() => localSettings(env)).toThrow(reason)
  })

  test('may be none', () => {
    expect(localVariables(STACK, { UPSTASH_REDIS_REST_URL: '' })).toMatchObject({
      UPSTASH_REDIS_REST_URL: '',
      UPSTASH_REDIS_REST_TOKEN: '',
    })
  })
})

test("a key set of the environment takes the place of the stack's secret", () => {
  expect(localVariables(STACK, { JWT_JWKS_URL: 'https://id.test/keys' })).toMatchObject({ JWT_SECRET: '' })
})

test.each([
  ['PORT', '99999'],
  ['PORT', 'http'],
  ['REDIS_URL', 'localhost:6379'],
  ['MONGODB_URI', 'localhost:27017'],
  ['DB_PRIMARY_DB_URL', 'marked'],
  ['DB_POOL_MAX_SIZE', 'marked'],
])('%s that cannot be used is refused by name, never with its value', (name, value) => {
  const refused = () => localSettings({ [name]: value })
  expect(refused).toThrow(new RegExp(`^This configuration cannot be used:\n {2}${name}: `))
  expect(refused).not.toThrow(value)
})

test('what is empty counts as not set', () => {
  expect(localSettings({ PORT: '', MONGODB_URI: '', REDIS_URL: '' })).toEqual({
    port: 8787,
    stack: { mongoUri: undefined, redisUrl: undefined, postgresServers: [] },
  })
})
