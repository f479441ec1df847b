import { LEAST, type Row } from './pool-variables.ts'

const REDIS = { ...LEAST, UPSTASH_REDIS_REST_URL: 'https://r.test', UPSTASH_REDIS_REST_TOKEN: 'x' }

const rate: Pick<Row, 'good' | 'bad'> = {
  good: [
    ['1', 1],
    [60, 60],
    ['1000000000', 1e9],
  ],
  bad: ['0', '-1', '1.5', '1000000001', 'x', true],
}

/** How requests are limited. */
export const LIMIT_VARIABLES: readonly Row[] = [
  {
    name: 'RATE_LIMITS',
    good: [
      ['on', true],
      ['off', false],
      ['', true],
    ],
    bad: ['yes', 'true', 'ON', 1],
    read: (config) => config.limits.enabled,
    base: REDIS,
  },
  {
    name: 'RATE_LIMIT_ALGORITHM',
    good: [
      ['sliding_window', undefined],
      ['token_bucket', undefined],
      ['fixed_window', undefined],
      ['', 'sliding_window'],
    ],
    bad: ['leaky_bucket', 'Sliding_Window'],
    read: (config) => config.limits.algorithm,
  },
  {
    name: 'RATE_LIMIT_TIMEOUT_MS',
    good: [
      ['1', 1],
      ['10000', 10_000],
      ['', 200],
    ],
    bad: ['0', '-1', '1.5', '10001', 'x'],
    read: (config) => config.limits.timeoutMs,
  },
  {
    name: 'RATE_LIMIT_FAILURE',
    good: [
      ['open', undefined],
      ['closed', undefined],
      ['local', undefined],
      ['', 'local'],
    ],
    bad: ['allow', 'Open'],
    read: (config) => config.limits.failure,
  },
  {
    name: 'RATE_LIMIT_RESERVE',
    good: [
      ['0', 0],
      ['20', 20],
      ['10000', 10_000],
      ['auto', 'auto'],
      ['', 'auto'],
    ],
    bad: ['-1', '1.5', '10001', 'off'],
    read: (config) => config.limits.reserve,
  },
  { name: 'RATE_LIMIT_ADDRESS', ...rate, read: (config) => config.limits.address },
  { name: 'RATE_LIMIT_ADMIN', ...rate, read: (config) => config.limits.admin },
]
