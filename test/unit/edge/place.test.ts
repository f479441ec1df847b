import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Config, parseConfig } from '../../../src/config.ts'
import { Busy } from '../../../src/edge/busy.ts'
import { type Placement, placementOf, placeOf, placesOf } from '../../../src/edge/place.ts'
import { defaultTenant } from '../../../src/tenants/directory.ts'
import type { Tenant, Tier } from '../../../src/tenants/tenant.ts'

const BASE = { DB_PRIMARY_DB_URL: 'postgres://app@db.test/app', JWT_SECRET: 's'.repeat(32) }

function config(variables: Record<string, string> = {}): Config {
  const result = parseConfig({ ...BASE, ...variables })
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.config
}

const tenant = (tier: Tier, engine: Tenant['engine'] = 'postgres', id = 'acme'): Tenant => ({
  id,
  tier,
  engine,
})

/** Every place of a tenant under the placement that the deployment has for it. */
function placed(one: Tenant, settings: Config): readonly [Placement, ...Placement[]] {
  const placement = placementOf(one, settings)
  if (placement === 'auto') throw new Error('only the Ledger knows')
  return placesOf(one, settings, placement)
}

/** Host and size of every place, briefly. */
function places(one: Tenant, settings: Config): string[] {
  return placed(one, settings).map((place) =>
    place.kind === 'isolate' ? 'isolate' : `${place.host} ${place.pool.key} ${place.pool.maxSize}`,
  )
}

describe('a tenant is placed', () => {
  test('by its tier: small ones in groups, large ones on hosts of their own', () => {
    const settings = config()
    expect(places(tenant('free'), settings)).toEqual([expect.stringMatching(/^group:\d postgres 50$/)])
    expect(places(tenant('basic', 'mongo'), settings)).toEqual([expect.stringMatching(/^group:\d mongo 50$/)])
    expect(places(tenant('premium'), settings)).toEqual(['dedicated:acme acme/10 10'])
    expect(places(tenant('enterprise'), settings)).toEqual([
      'dedicated:acme:0 acme/5 5',
      'dedicated:acme:1 acme/5 5',
      'dedicated:acme:2 acme/5 5',
      'dedicated:acme:3 acme/5 5',
    ])
  })

  test('as PLACEMENT says for its tier', () => {
    const settings = config({ PLACEMENT: '{"free": "shared", "premium": "isolate"}' })
    expect(places(tenant('free'), settings)).toEqual(['shared postgres 100'])
    expect(places(tenant('premium'), settings)).toEqual(['isolate'])
    expect(places(tenant('premium', 'mongo'), settings)).toEqual(['dedicated:acme acme/10 10'])
    expect(places(tenant('basic'), settings)[0]).toMatch(/^group:/)
  })

  test('as STRATEGY says for the whole fleet', () => {
    expect(places(tenant('enterprise'), config({ STRATEGY: 'shared' }))).toEqual(['shared postgres 100'])
    expect(places(tenant('enterprise'), config({ STRATEGY: 'grouped' }))[0]).toMatch(/^group:/)
    expect(places(tenant('free'), config({ STRATEGY: 'dedicated' }))).toEqual(['dedicated:acme acme/3 3'])
    expect(places(tenant('free'), config({ STRATEGY: 'isolate' }))).toEqual(['isolate'])
  })

  test('under auto as the strategy in force says, with the size and shards of its tier', () => {
    const settings = config({ STRATEGY: 'auto', PLACEMENT: '{"free": "isolate"}' })
    expect([settings.strategy, settings.tiers.free.placement]).toEqual(['auto', 'auto'])
    const hosts = (['shared', 'grouped', 'dedicated'] as const).map((inForce) =>
      placesOf(tenant('enterprise'), settings, inForce).map(
        (place) => place.kind !== 'isolate' && place.host,
      ),
    )
    expect(hosts[0]).toEqual(['shared'])
    expect(hosts[1]).toEqual([expect.stringMatching(/^group:\d$/)])
    expect(hosts[2]).toHaveLength(4)
  })

  test('as its record says, before its tier and the strategy of the fleet', () => {
    const shared = config({ STRATEGY: 'shared' })
    expect(places({ ...tenant('free'), placement: 'dedicated' }, shared)).toEqual(['dedicated:acme acme/3 3'])
    expect(places({ ...tenant('premium'), placement: 'grouped' }, config())[0]).toMatch(/^group:/)
    expect(places({ ...tenant('premium'), placement: 'isolate' }, config())).toEqual(['isolate'])
  })

  test('on a host of its own when it brings a connection string, whatever else is said', () => {
    const own = { ...tenant('free'), connection: 'v1.key.revision.ciphertext' }
    for (const settings of [config(), config({ STRATEGY: 'shared' }), config({ STRATEGY: 'isolate' })]) {
      expect(places(own, settings)).toEqual(['dedicated:acme acme/3@revision 3'])
      expect(places({ ...own, placement: 'grouped' }, settings)).toEqual(['dedicated:acme acme/3@revision 3'])
    }
  })

  test('with sizes that TIERS sets and the profile caps', () => {
    const settings = config({ DB_ENV: 'test', TIERS: '{"premium": {"size": 4}, "free": {"size": 2}}' })
    expect(settings.tiers.premium.size).toBe(4)
    expect(settings.tiers.free).toMatchObject({ size: 2, weight: 1 })
    expect(settings.tiers.enterprise.size).toBe(5)
  })

  test('with its connections divided among its shards, none lost and none without', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 64 }), (size, shards) => {
        const settings = config({ TIERS: JSON.stringify({ enterprise: { size, shards } }) })
        const sizes = placed(tenant('enterprise'), settings).map((place) =>
          place.kind === 'isolate' ? 0 : place.pool.maxSize,
        )
        expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(size)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})

describe('groups', () => {
  test.each([
    ['numbered', (n: number) => `user_${n}`],
    ['short', (n: number) => n.toString(36)],
    ['padded', (n: number) => `tenant-${String(n).padStart(8, '0')}`],
  ])('are evenly spread over 10,000 %s ids, and always the same for an id', (_, idOf) => {
    const settings = config({ STRATEGY: 'grouped' })
    const counts = new Map<string, number>()
    for (let n = 0; n < 10_000; n++) {
      const [first] = placed(tenant('free', 'postgres', idOf(n)), settings)
      const [again] = placed(tenant('premium', 'mongo', idOf(n)), settings)
      if (first.kind === 'isolate' || again?.kind === 'isolate') throw new Error('no host')
      expect(again?.host).toBe(first.host)
      counts.set(first.host, (counts.get(first.host) ?? 0) + 1)
    }
    expect(counts.size).toBe(10)
    expect(Math.min(...counts.values())).toBeGreaterThan(900)
    expect(Math.max(...counts.values())).toBeLessThan(1_100)
  })

  test('do not move when the code is changed: these are the hosts that live pools are on', () => {
    const hosts = ['acme', 'globex', 'user_a', 'user_b'].map(
      (id) => places(tenant('free', 'postgres', id), config({ PLACEMENT_GROUPS: '1000' }))[0],
    )
    expect(hosts).toMatchInlineSnapshot(`
      [
        "group:394 postgres 50",
        "group:203 postgres 50",
        "group:874 postgres 50",
        "group:300 postgres 50",
      ]
    `)
  })
})

describe('a sharded tenant', () => {
  test('goes to the less busy of two shards', () => {
    const settings = config({ TIERS: '{"enterprise": {"shards": 2}}' })
    const busy = new Busy()
    void busy.during('dedicated:acme:0', () => new Promise<void>(() => {}))
    for (const random of [0, 0.3, 0.6, 0.99]) {
      expect(placeOf(placed(tenant('enterprise'), settings), busy, () => random)).toMatchObject({
        host: 'dedicated:acme:1',
      })
    }
  })

  test('is spread evenly by chance alone when nothing is busy', () => {
    const settings = config()
    const busy = new Busy()
    let seed = 1
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const counts = new Map<string, number>()
    for (let n = 0; n < 4_000; n++) {
      const place = placeOf(placed(tenant('enterprise'), settings), busy, random)
      if (place.kind !== 'isolate') counts.set(place.host, (counts.get(place.host) ?? 0) + 1)
    }
    expect(counts.size).toBe(4)
    expect(Math.min(...counts.values())).toBeGreaterThan(850)
  })

  test('is counted busy while a request runs, and no longer when it ends, well or badly', async () => {
    const busy = new Busy()
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = busy.during('h', () => promise)
    expect(busy.on('h')).toBe(1)
    await expect(busy.during('h', () => Promise.reject(new RangeError('no')))).rejects.toThrow('no')
    expect(busy.on('h')).toBe(1)
    resolve()
    await running
    expect(busy.on('h')).toBe(0)
  })
})

describe('a tier', () => {
  test('comes from the record, else from the prefix where that is on, else it is free', () => {
    const record = config({
      TENANTS: '{"pre_a": {"tier": "basic", "engine": "postgres"}}',
      TIER_BY_PREFIX: 'on',
    })
    const tierOf = (id: string) => defaultTenant(id, record).tier
    expect([tierOf('pre_a'), tierOf('ent_a'), tierOf('pre_b'), tierOf('bas_a'), tierOf('a')]).toEqual([
      'basic',
      'enterprise',
      'premium',
      'basic',
      'free',
    ])
    expect(defaultTenant('ent_a', config()).tier).toBe('free')
    const partial = config({ TENANTS: '{"ent_x": {"engine": "postgres"}}', TIER_BY_PREFIX: 'on' })
    expect(defaultTenant('ent_x', partial).tier).toBe('enterprise')
  })
})

test.each([
  ['TIERS', '{"gold": {"size": 1}}'],
  ['TIERS', '{"free": {"size": 0}}'],
  ['TIERS', '{"free": {"colour": "blue"}}'],
  ['TIERS', '{"free": {"shards": 65}}'],
  ['PLACEMENT', '{"free": "nowhere"}'],
  ['STRATEGY', 'fastest'],
  ['PLACEMENT_GROUPS', '0'],
  ['TIER_BY_PREFIX', 'yes'],
  ['LOCATION_HINT', 'moon'],
])('%s does not take %s', (variable, value) => {
  const result = parseConfig({ ...BASE, [variable]: value })
  expect(result.ok ? [] : result.faults.map((fault) => fault.variable)).toEqual([variable])
  if (!result.ok) expect(JSON.stringify(result.faults)).not.toMatch(/gold|colour|nowhere|fastest|moon/)
})
