import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
import type { PoolPlace } from '../../../src/host/call.ts'
import { poolSpec } from '../../../src/host/specs.ts'

const PROXY = '127.0.0.1:3/v2'
const parsed = parseConfig({
  DB_ENV: 'test',
  DB_PRIMARY_DB_URL: 'postgres://app:pw@Db.example.com/app',
  NEON_WS_PROXY: PROXY,
  MONGODB_URI: 'mongodb://db.example.com/',
  JWT_SECRET: 's'.repeat(32),
  ALLOW_PRIVATE_DATABASES: 'on',
})

if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
const { config } = parsed

const place: PoolPlace = { key: 'acme/5', tenant: 'acme', tier: 'premium', minSize: 1, maxSize: 5, weight: 1 }

const targetOf = (cluster: 'postgres' | 'mongo', ownUrl?: string) =>
  poolSpec(config, { host: 'dedicated:acme', place, cluster, ownUrl }).target

test.each([
  ["the cluster's own database", undefined, PROXY],
  ["another database of the cluster's server", 'postgres://a:b@db.example.com/other', PROXY],
  ['the same with its port written out', 'postgres://a:b@db.example.com:5432/other', PROXY],
  ['a private address', 'postgres://a:b@10.0.0.5:5433/other', PROXY],
  ['another server', 'postgres://a:b@ep-1.eu-central-1.aws.neon.tech/other', undefined],
  ["another port of the cluster's host", 'postgres://a:b@db.example.com:6432/other', undefined],
])('%s is reached through the proxy that leads there, or through none', (_, ownUrl, wsProxy) => {
  expect(targetOf('postgres', ownUrl).wsProxy).toBe(wsProxy)
})

test('no proxy is named for MongoDB, whatever its connection string', () => {
  expect(targetOf('mongo', 'mongodb://a.example.com,b.example.com/')).not.toHaveProperty('wsProxy')
})
