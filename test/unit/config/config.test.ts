import { expect, test } from 'vitest'
import { type Config, configOf, maxConnectionsOf, parseConfig } from '../../../src/config.ts'
import { clustersOf } from '../../../src/host/specs.ts'
import { clusterName } from '../../../src/pools/cluster.ts'
import { Variables } from '../../../src/variables.ts'

const SECRET = 's'.repeat(32)
const LEAST = { DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', JWT_SECRET: SECRET }

function configFrom(env: object): Config {
  const result = parseConfig(env)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.config
}

function faultsOf(env: object): Record<string, string> {
  const result = parseConfig(env)
  const faults = result.ok ? [] : result.faults
  return Object.fromEntries(faults.map(({ variable, reason }) => [variable, reason]))
}

test.each([
  [
    'development',
    { minSize: 5, maxSize: 20, commandTimeoutMs: 60_000, maxQueries: 50_000, maxIdleMs: 300_000 },
  ],
  [
    'production',
    { minSize: 10, maxSize: 50, commandTimeoutMs: 60_000, maxQueries: 50_000, maxIdleMs: 300_000 },
  ],
  ['test', { minSize: 2, maxSize: 5, commandTimeoutMs: 30_000, maxQueries: 10_000, maxIdleMs: 60_000 }],
])('DB_ENV %s brings its profile', (environment, profile) => {
  expect(configFrom({ ...LEAST, DB_ENV: environment }).pool).toEqual({
    ...profile,
    timeoutMs: 30_000,
    lifetimeMs: 840_000,
    maxWaiting: 10 * profile.maxSize,
  })
})

test('a deployment that says nothing else is a production with tokens and Postgres', () => {
  expect(configFrom(LEAST)).toMatchObject({
    environment: 'production',
    poolCacheMax: 100,
    slowQueryMs: 1_000,
    queryCache: { ttlMs: 300_000, maxBytes: 2 ** 20, maxEntries: 1_000, maxTotalBytes: 2 ** 25 },
    defaultEngine: 'postgres',
    tenantSources: ['jwt'],
    jwt: { key: { secret: SECRET }, algorithm: 'HS256', issuer: undefined, audience: undefined },
    mongoUri: undefined,
    adminToken: undefined,
    redis: undefined,
    enrollment: 'closed',
    directoryKeys: [],
    allowPrivateDatabases: false,
  })
})

test('enrollment is closed in production, and open elsewhere unless that is closed too', () => {
  expect(configFrom({ ...LEAST, DB_ENV: 'development' }).enrollment).toBe('open')
  expect(configFrom({ ...LEAST, DB_ENV: 'test', ENROLLMENT: 'closed' }).enrollment).toBe('closed')
  expect(configFrom({ ...LEAST, ENROLLMENT: 'open' }).enrollment).toBe('open')
})

test('a production does not allow private databases', () => {
  expect(faultsOf({ ...LEAST, ALLOW_PRIVATE_DATABASES: 'on' })).toEqual({
    ALLOW_PRIVATE_DATABASES: expect.stringContaining('refused in production'),
  })
})

test('a variable overrides its profile and leaves the rest of it alone', () => {
  const { pool } = configFrom({ ...LEAST, DB_ENV: 'test', DB_POOL_MAX_SIZE: '8' })
  expect(pool).toMatchObject({ minSize: 2, maxSize: 8, maxWaiting: 80, maxIdleMs: 60_000 })
})

test('a tenant may not keep more answers than its whole host', () => {
  expect(configFrom({ ...LEAST, QUERY_CACHE_TTL: '0' }).queryCache.ttlMs).toBe(0)
  expect(faultsOf({ ...LEAST, QUERY_CACHE_MAX_BYTES: `${2 ** 25 + 1}` })).toEqual({
    QUERY_CACHE_MAX_BYTES: expect.stringContaining('expected a whole number'),
  })
})

test('a maximum below the minimum of the profile takes that minimum with it', () => {
  expect(configFrom({ ...LEAST, DB_POOL_MAX_SIZE: '4' }).pool).toMatchObject({ minSize: 4, maxSize: 4 })
})

test('a minimum that was set and is larger than the maximum is a fault', () => {
  expect(faultsOf({ ...LEAST, DB_POOL_MIN_SIZE: '6', DB_POOL_MAX_SIZE: '5' })).toEqual({
    DB_POOL_MIN_SIZE: 'larger than the maximum size',
  })
})

const POSTGRES = { DB_PRIMARY_DB_URL: LEAST.DB_PRIMARY_DB_URL }
test.each<[string, object, string[]]>([
  ['an engine without its database', { JWT_SECRET: SECRET }, ['DB_PRIMARY_DB_URL']],
  ['the other engine without its database', { ...LEAST, DEFAULT_ENGINE: 'mongo' }, ['MONGODB_URI']],
  [
    'a tenant on an engine without a database',
    { ...LEAST, TENANTS: '{"a":{"tier":"free","engine":"mongo"}}' },
    ['MONGODB_URI'],
  ],
  [
    'a replica without a primary',
    {
      JWT_SECRET: SECRET,
      DEFAULT_ENGINE: 'mongo',
      MONGODB_URI: 'mongodb://m.test',
      DB_REPLICA_DB_URL: 'postgres://app@r.test/app',
    },
    ['DB_PRIMARY_DB_URL'],
  ],
  [
    'a proxy for the primary but none for its replica',
    {
      ...LEAST,
      DB_ENV: 'test',
      DB_REPLICA_DB_URL: 'postgres://app@r.test/app',
      NEON_WS_PROXY: '127.0.0.1:1/v1',
    },
    ['NEON_WS_PROXY'],
  ],
  ['a proxy without TLS in production', { ...LEAST, NEON_WS_PROXY: '127.0.0.1:1/v1' }, ['NEON_WS_PROXY']],
  ['tokens without a key', POSTGRES, ['JWT_SECRET']],
  ['two kinds of keys', { ...LEAST, JWT_JWKS_URL: 'https://id.test/keys' }, ['JWT_JWKS_URL']],
  ['a public-key algorithm with a secret', { ...LEAST, JWT_ALGORITHM: 'RS256' }, ['JWT_ALGORITHM']],
  [
    'HS256 with public keys',
    { ...POSTGRES, JWT_JWKS_URL: 'https://id.test/keys', JWT_ALGORITHM: 'HS256' },
    ['JWT_ALGORITHM'],
  ],
  [
    'Redis without its token',
    { ...LEAST, UPSTASH_REDIS_REST_URL: 'https://r.test' },
    ['UPSTASH_REDIS_REST_TOKEN'],
  ],
  ['limits without a Redis to count in', { ...LEAST, RATE_LIMITS: 'on' }, ['RATE_LIMITS']],
  ['a Redis token alone', { ...LEAST, UPSTASH_REDIS_REST_TOKEN: 'x' }, ['UPSTASH_REDIS_REST_URL']],
])('%s is a fault', (_, env, variables) => {
  expect(Object.keys(faultsOf(env))).toEqual(variables)
})

test('each of several replicas is a cluster of its own, with its own proxy and as many connections', () => {
  const config = configFrom({
    ...LEAST,
    DB_ENV: 'test',
    DB_REPLICA_DB_URL: 'postgres://app@a.test/app,postgres://app@b.test/app',
    NEON_WS_PROXY: '127.0.0.1:1/p,127.0.0.1:2/a,127.0.0.1:3/b',
    POSTGRES_MAX_CONNECTIONS: '300',
    POSTGRES_REPLICA_MAX_CONNECTIONS: '100',
  })
  expect(config.postgres.wsProxy).toBe('127.0.0.1:1/p')
  expect(config.postgres.replicas).toEqual([
    { cluster: 'postgres-replica-1', url: 'postgres://app@a.test/app', wsProxy: '127.0.0.1:2/a' },
    { cluster: 'postgres-replica-2', url: 'postgres://app@b.test/app', wsProxy: '127.0.0.1:3/b' },
  ])
  expect(
    clustersOf(config).map((cluster) => [clusterName(cluster), maxConnectionsOf(config, cluster)]),
  ).toEqual([
    ['primary', 300],
    ['replica-1', 100],
    ['replica-2', 100],
  ])
})

test('the only replica is called so, without a number', () => {
  const config = configFrom({ ...LEAST, DB_REPLICA_DB_URL: 'postgres://app@a.test/app' })
  expect(clustersOf(config).map(clusterName)).toEqual(['primary', 'replica'])
})

test('limits are those of the tiers, changed by TIERS, and off without a Redis', () => {
  const { tiers, limits } = configFrom({ ...LEAST, TIERS: '{"basic": {"rate_limit": 5}}' })
  expect(Object.values(tiers).map((tier) => tier.rate_limit)).toEqual([60, 5, 1200, 6000])
  expect(limits.enabled).toBe(false)
})

test('nobody but the admin registers users unless the deployment says so', () => {
  expect(configFrom(LEAST).registration).toBe('admin')
  expect(configFrom({ ...LEAST, REGISTRATION: 'open' }).registration).toBe('open')
  expect(Object.keys(faultsOf({ ...LEAST, REGISTRATION: 'off' }))).toEqual(['REGISTRATION'])
})

test('the domain of tenants is a domain and nothing more', () => {
  expect(configFrom({ ...LEAST, TENANT_DOMAIN: 'App.Example.com' }).tenantDomain).toBe('app.example.com')
  for (const domain of ['https://app.test', '*.app.test', 'app.test:80', '.app.test', 'app.test/']) {
    expect(Object.keys(faultsOf({ ...LEAST, TENANT_DOMAIN: domain }))).toEqual(['TENANT_DOMAIN'])
  }
})

test('a deployment without tokens needs no key for them', () => {
  expect(configFrom({ ...POSTGRES, TENANT_SOURCES: 'header' }).jwt).toBeUndefined()
})

test('every fault is named at once', () => {
  const env = { ...LEAST, DB_ENV: 'prod', DB_POOL_MAX_SIZE: '0', TENANTS: '{', ADMIN_TOKEN: 'short' }
  expect(Object.keys(faultsOf(env)).sort()).toEqual(['ADMIN_TOKEN', 'DB_ENV', 'DB_POOL_MAX_SIZE', 'TENANTS'])
})

test('the faults between variables are named at once too', () => {
  const env = { UPSTASH_REDIS_REST_TOKEN: 'x', DB_POOL_MIN_SIZE: '6', DB_POOL_MAX_SIZE: '5' }
  expect(Object.keys(faultsOf(env)).sort()).toEqual([
    'DB_POOL_MIN_SIZE',
    'DB_PRIMARY_DB_URL',
    'JWT_SECRET',
    'UPSTASH_REDIS_REST_URL',
  ])
})

const MARK = 'Marked5ecret'
test.each(Object.keys(Variables.shape))('no fault repeats what stands in %s', (name) => {
  for (const value of [MARK, `mongodb://${MARK}/?tlsInsecure=${MARK}`, `postgres://${MARK}`, [MARK]]) {
    const result = parseConfig({ [name]: value })
    expect(result.ok).toBe(false)
    expect(JSON.stringify(result)).not.toContain(MARK)
  }
})

test.each([
  `{"${MARK}":{"tier":"free","engine":"postgres"}}`,
  `{"a":{"tier":"${MARK}","engine":"postgres"}}`,
  `{"a":{"tier":"free","engine":"postgres","${MARK}":1}}`,
  `{"a":"${MARK}"}`,
  `["${MARK}"]`,
  `{"a":${MARK}`,
])('no fault repeats what stands inside TENANTS: %s', (value) => {
  const result = parseConfig({ ...LEAST, TENANTS: value })
  expect(result.ok).toBe(false)
  expect(JSON.stringify(result)).not.toContain(MARK)
})

test('tenants are found by exactly the ids that were given', () => {
  const record = { tier: 'free', engine: 'postgres' }
  const { tenants } = configFrom({ ...LEAST, TENANTS: JSON.stringify({ constructor: record }) })
  expect(tenants.get('constructor')).toEqual(record)
  expect(tenants.get('tostring')).toBeUndefined()
})

test('a configuration cannot be changed', () => {
  const config = configFrom(LEAST)
  expect(() => Object.assign(config, { adminToken: 'x' })).toThrow(TypeError)
  expect(() => Object.assign(config.pool, { maxSize: 9 })).toThrow(TypeError)
})

test('the same environment is parsed once', () => {
  const env = { ...LEAST }
  expect(configOf(env)).toBe(configOf(env))
  expect(configOf({ ...LEAST })).not.toBe(configOf(env))
})
