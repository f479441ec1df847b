import { LEAST, type Row } from './pool-variables.ts'

const MONGO = { ...LEAST, DEFAULT_ENGINE: 'mongo', MONGODB_URI: 'mongodb://db.test/app' }
const JWKS = { DB_PRIMARY_DB_URL: LEAST.DB_PRIMARY_DB_URL, JWT_JWKS_URL: 'https://id.test/keys' }
const KEY = btoa('k'.repeat(32))
const REDIS = { ...LEAST, UPSTASH_REDIS_REST_URL: 'https://r.test', UPSTASH_REDIS_REST_TOKEN: 'x' }

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

/** Where databases, tenants and keys are. */
export const PLACE_VARIABLES: readonly Row[] = [
  { name: 'DB_PRIMARY_DB_URL', ...postgresUrls, read: (config) => config.postgres.primaryUrl },
  {
    name: 'DB_REPLICA_DB_URL',
    good: [
      ...postgresUrls.good.map(([url, read]): [unknown, unknown] => [url, [read ?? url]]),
      [
        'postgres://app@a.test/app , postgres://app@b.test/app',
        ['postgres://app@a.test/app', 'postgres://app@b.test/app'],
      ],
      ['', []],
    ],
    bad: [...postgresUrls.bad, 'postgres://app@a.test/app,', 'postgres://app@a.test/app,b.test'],
    read: (config) => config.postgres.replicas.map(({ url }) => url),
  },
  {
    name: 'DB_REPLICA_WRITE_PIN',
    good: [
      ['', 5_000],
      ['0', 0],
      ['0.5', 500],
      ['3600', 3_600_000],
    ],
    bad: ['-1', '3601', 'x'],
    read: (config) => config.postgres.writePinMs,
  },
  {
    name: 'EVENTUAL_READS',
    good: [
      ['', []],
      ['posts.list', ['posts.list']],
      ['posts.find, posts.list', ['posts.find', 'posts.list']],
    ],
    bad: ['posts', 'posts.create', 'posts.list,posts.list', ','],
    read: (config) => [...config.eventualReads],
  },
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
    name: 'STRATEGY',
    good: ['tiers', 'auto', 'shared', 'grouped', 'dedicated', 'isolate'].map((value) => [value, undefined]),
    bad: ['Auto', 'fixed', 'auto,shared', 1],
    read: (config) => config.strategy,
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
  {
    name: 'ENROLLMENT',
    good: [
      ['open', 'open'],
      ['closed', 'closed'],
      ['', 'closed'],
    ],
    bad: ['Open', 'yes', true],
    read: (config) => config.enrollment,
  },
  {
    name: 'DIRECTORY_KEY',
    good: [
      [KEY, [KEY]],
      [` ${KEY} , ${KEY}`, [KEY, KEY]],
      ['', []],
    ],
    bad: ['short', 'x'.repeat(44), `${KEY},`, `${KEY},short`, btoa('k'.repeat(31)), btoa('k'.repeat(33))],
    read: (config) => config.directoryKeys,
  },
  {
    name: 'ALLOW_PRIVATE_DATABASES',
    good: [
      ['on', true],
      ['off', false],
      ['', false],
    ],
    bad: ['true', '1'],
    read: (config) => config.allowPrivateDatabases,
    base: { ...LEAST, DB_ENV: 'test' },
  },
]
