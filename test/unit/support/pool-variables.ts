import type { Config } from '../../../src/config.ts'

/** The least that a deployment needs. */
export const LEAST = { DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', JWT_SECRET: 's'.repeat(32) }

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
/** How pools are sized and timed. */
export const POOL_VARIABLES: readonly Row[] = [
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
    name: 'DB_REQUEST_TIMEOUT',
    good: [
      ['0.1', 100],
      ['2.5', 2_500],
      // At most the wait of 30 s, a statement of 60 s, and a second.
      ['600', 91_000],
    ],
    bad: [...duration, '0.05', '601'],
    read: (config) => config.requestTimeoutMs,
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
    name: 'METRICS_TENANT_LABELS',
    good: [
      ['0', 0],
      ['10000', 10_000],
      ['', 100],
    ],
    bad: ['-1', '1.5', '10001', 'all'],
    read: (config) => config.metricsTenantLabels,
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
  {
    name: 'SERVER_TIMING',
    good: [
      ['on', true],
      ['off', false],
      ['', true],
    ],
    bad: ['true', 'On'],
    read: (config) => config.serverTiming,
  },
]
