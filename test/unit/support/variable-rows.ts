import type { Config } from '../../../src/config.ts'

/** The least that a deployment needs. */
export const LEAST = { DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', JWT_SECRET: 's'.repeat(32) }
const MONGO = { ...LEAST, DEFAULT_ENGINE: 'mongo', MONGODB_URI: 'mongodb://db.test/app' }
const JWKS = { DB_PRIMARY_DB_URL: LEAST.DB_PRIMARY_DB_URL, JWT_JWKS_URL: 'https://id.test/keys' }
const REDIS = { ...LEAST, UPSTASH_REDIS_REST_URL: 'https://r.test', UPSTASH_REDIS_REST_TOKEN: 'x' }

/**
 * A variable, values that it may have with what becomes of them (they themselves where nothing is given), and values
 * that it may not have.
 */
export interface Row {
  readonly name: string
  readonly good: readonly [unknown, unknown][]
  readonly bad: readonly unknown[]
  readonly read: (config: Config) => unknown
  readonly base?: object
}

const positive = ['0', '-1', '1.5', '1e3', '0x10', 'ten', 'Infinity', 'NaN', '١', '1 0', true, {}, []]
const duration = ['0', '-1', '.5', '1.', '1e3', 'ten', 'Infinity', '999999', null]
const postgresUrls = {
  good: [
    ['postgres://app:secret@db.test:5433/app?sslmode=require', undefined],
    ['postgresql://app@db.test/app', undefined],
    [' postgres://app@db.test/app\n', 'postgres://app@db.test/app'],
  ] as [unknown, unknown][],
  bad: [
    'db.test',
    'mysql://app@db.test/app',
    'postgres://db.test/app',
    'postgres://app@db.test',
    'postgres://',
  ],
}

export const ROWS: readonly Row[] = [
  {
    name: 'DB_ENV',
    good: ['development', 'production', 'test'].map((value) => [value, undefined]),
    bad: ['prod', 'TEST', 'constructor', 1],
    read: (config) => config.environment,
  },
  {
    name: 'DB_POOL_MIN_SIZE',
    good: [
      ['0', 0],
      ['3', 3],
      [4, 4],
      [' 5 ', 5],
      ['', 10],
      ['  ', 10],
    ],
    bad: ['-1', '1.5', '1001', 'x', true],
    read: (config) => config.pool.minSize,
  },
  {
    name: 'DB_POOL_MAX_SIZE',
    good: [
      ['1', 1],
      ['1000', 1000],
      ['20.0', 20],
      ['', 50],
    ],
    bad: [...positive, '1001'],
    read: (config) => config.pool.maxSize,
  },
  {
    name: 'DB_POOL_COMMAND_TIMEOUT',
    good: [
      ['0.05', 50],
      ['600', 600_000],
      ['2.5', 2_500],
    ],
    bad: [...duration, '0.04', '601'],
    read: (config) => config.pool.commandTimeoutMs,
  },
  {
    name: 'DB_POOL_MAX_QUERIES',
    good: [
      ['1', 1],
      ['1000000000', 1e9],
    ],
    bad: positive,
    read: (config) => config.pool.maxQueries,
  },
  {
    name: 'DB_POOL_MAX_INACTIVE_CONNECTION_LIFETIME',
    good: [
      ['1', 1_000],
      ['86400', 86_400_000],
    ],
    bad: duration,
    read: (config) => config.pool.maxIdleMs,
  },
  {
    name: 'DB_POOL_TIMEOUT',
    good: [
      ['0.05', 50],
      ['300', 300_000],
    ],
    bad: [...duration, '301'],
    read: (config) => config.pool.timeoutMs,
  },
  {
    name: 'DB_POOL_RECYCLE',
    good: [
      ['1', 1_000],
      ['839', 839_000],
      ['840', 840_000],
      ['3600', 840_000],
    ],
    bad: duration,
    read: (config) => config.pool.lifetimeMs,
  },
  {
    name: 'DB_POOL_MAX_WAITING',
    good: [
      ['1', 1],
      ['100000', 100_000],
      ['', 500],
    ],
    bad: positive,
    read: (config) => config.pool.maxWaiting,
  },
  {
    name: 'POOL_CACHE_MAX',
    good: [
      ['1', 1],
      ['10000', 10_000],
      ['', 100],
    ],
    bad: [...positive, '10001'],
    read: (config) => config.poolCacheMax,
  },
  {
    name: 'SLOW_QUERY_MS',
    good: [
      ['1', 1],
      ['', 1_000],
    ],
    bad: positive,
    read: (config) => config.slowQueryMs,
  },
  { name: 'DB_PRIMARY_DB_URL', ...postgresUrls, read: (config) => config.postgres.primaryUrl },
  { name: 'DB_REPLICA_DB_URL', ...postgresUrls, read: (config) => config.postgres.replicaUrl },
  {
    name: 'NEON_WS_PROXY',
    good: [
      ['127.0.0.1:5488/v1', undefined],
      ['', undefined],
    ],
    bad: ['127.0.0.1', 'http://127.0.0.1:1/', ':80/', 'a b:80/'],
    read: (config) => config.postgres.wsProxy || undefined,
    base: { ...LEAST, DB_ENV: 'test' },
  },
  {
    name: 'MONGODB_URI',
    good: [
      ['mongodb://u:p@a.test:27017,b.test/app?replicaSet=r', undefined],
      ['mongodb+srv://u:p@a.test/app', undefined],
    ],
    bad: ['postgres://a.test', 'mongodb://', 'mongodb:///app', 'mongodb://a/?tlsInsecure=true', 7],
    read: (config) => config.mongoUri,
  },
  {
    name: 'DEFAULT_ENGINE',
    good: [
      ['postgres', 'postgres'],
      ['mongo', 'mongo'],
      ['', 'postgres'],
    ],
    bad: ['mysql', 'Mongo'],
    read: (config) => config.defaultEngine,
    base: MONGO,
  },
  {
    name: 'TENANTS',
    good: [
      ['{}', []],
      ['', []],
      [
        '{"acme":{"tier":"premium","engine":"postgres"}}',
        [['acme', { tier: 'premium', engine: 'postgres' }]],
      ],
    ],
    bad: [
      'acme',
      '[]',
      '"x"',
      '{"Acme":{"tier":"free","engine":"postgres"}}',
      '{"acme":{"tier":"gold","engine":"postgres"}}',
      '{"acme":{"tier":"free"}}',
      '{"acme":{"tier":"free","engine":"postgres","extra":1}}',
      { acme: {} },
    ],
    read: (config) => [...config.tenants],
  },
  {
    name: 'TENANT_SOURCES',
    good: [
      ['jwt', ['jwt']],
      ['header, query', ['header', 'query']],
      ['', ['jwt']],
    ],
    bad: ['cookie', 'jwt,jwt', ',', 'jwt,', 'JWT'],
    read: (config) => config.tenantSources,
  },
  {
    name: 'JWT_SECRET',
    good: [['k'.repeat(32), { secret: 'k'.repeat(32) }]],
    bad: ['k'.repeat(31), 5],
    read: (config) => config.jwt?.key,
  },
  {
    name: 'JWT_JWKS_URL',
    good: [['https://id.test/keys', { jwksUrl: 'https://id.test/keys' }]],
    bad: ['id.test', 'file:///keys', 'data:application/json,{}'],
    read: (config) => config.jwt?.key,
    base: JWKS,
  },
  {
    name: 'JWT_ALGORITHM',
    good: [
      ['RS256', 'RS256'],
      ['ES256', 'ES256'],
      ['', 'RS256'],
    ],
    bad: ['none', 'rs256', 'HS512'],
    read: (config) => config.jwt?.algorithm,
    base: JWKS,
  },
  {
    name: 'JWT_ISSUER',
    good: [
      ['https://id.test', 'https://id.test'],
      ['', undefined],
      [' ', undefined],
    ],
    bad: [true, {}],
    read: (config) => config.jwt?.issuer,
  },
  {
    name: 'JWT_AUDIENCE',
    good: [
      ['rockpool', 'rockpool'],
      ['', undefined],
      ['\t', undefined],
    ],
    bad: [false, []],
    read: (config) => config.jwt?.audience,
  },
  {
    name: 'ADMIN_TOKEN',
    good: [
      ['t'.repeat(32), 't'.repeat(32)],
      ['', undefined],
    ],
    bad: ['t'.repeat(31), ` ${'t'.repeat(31)} `],
    read: (config) => config.adminToken,
  },
  {
    name: 'UPSTASH_REDIS_REST_URL',
    good: [['http://127.0.0.1:1', 'http://127.0.0.1:1']],
    bad: ['redis://r.test', 'r.test', 'https://'],
    read: (config) => config.redis?.url,
    base: REDIS,
  },
  {
    name: 'UPSTASH_REDIS_REST_TOKEN',
    good: [['token', 'token']],
    bad: [true],
    read: (config) => config.redis?.token,
    base: REDIS,
  },
]
