import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { ROOT } from '../../../dev/local/worker/bundle.ts'
import { parseConfig } from '../../../src/config.ts'

/** What `wrangler deploy` reads of wrangler.toml, with `--env ENVIRONMENT` or without. */
const deployed = (env?: string) =>
  unstable_readConfig({ config: join(ROOT, 'wrangler.toml'), ...(env && { env }) })

/** What an operator adds with `wrangler secret put`. */
const SECRETS = { DB_PRIMARY_DB_URL: 'postgres://app:pw@db.test/app', JWT_SECRET: 's'.repeat(32) }

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

describe.each([['a plain `wrangler deploy`', undefined] as const, ['`--env staging`', 'staging'] as const])(
  '%s',
  (_, env) => {
    test('deploys a production: its sizes, tokens alone, unknown tenants refused', () => {
      const result = parseConfig({ ...deployed(env).vars, ...SECRETS })
      expect(result).toMatchObject({
        ok: true,
        config: {
          environment: 'production',
          tenantSources: ['jwt'],
          enrollment: 'closed',
          registration: 'admin',
          allowPrivateDatabases: false,
          tenants: {},
        },
      })
    })
  },
)

test('`npm run deploy` deploys what a plain `wrangler deploy` does', () => {
  // An empty name is the top of the file (developers.cloudflare.com/workers/wrangler/environments).
  expect(scripts.deploy).toBe('wrangler deploy --env=')
})

test('a tenth of the lines is kept in production, and all of them where nobody pays for them', () => {
  const sampled = [undefined, 'staging', 'test'].map((env) => deployed(env).observability?.head_sampling_rate)
  expect(sampled).toEqual([0.1, 1, 1])
})

test('every environment is a Worker of its own with all objects, assets and migrations of production', () => {
  const production = deployed()
  const environments = ['staging', 'test'].map(deployed)
  expect(new Set([production, ...environments].map(({ name }) => name)).size).toBe(3)
  const classes = new Set(production.migrations.flatMap(({ new_sqlite_classes = [] }) => new_sqlite_classes))
  expect(
    new Set(production.durable_objects.bindings.map(({ class_name }: { class_name: string }) => class_name)),
  ).toEqual(classes)
  for (const { durable_objects, assets, migrations, compatibility_date } of environments) {
    expect(durable_objects).toEqual(production.durable_objects)
    expect([assets, migrations, compatibility_date]).toEqual([
      production.assets,
      production.migrations,
      production.compatibility_date,
    ])
  }
})
