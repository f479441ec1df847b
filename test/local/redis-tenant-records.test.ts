import { describe, expect, test } from 'vitest'
import { RedisRecords } from '../../src/tenants/redis-records.ts'
import { recordOf } from '../unit/support/tenants.ts'
import { BACKENDS, client, stand } from './support/redis.ts'

describe.each(BACKENDS)('tenant records in Redis (%s)', (backend) => {
  const open = async () => {
    const { server, redis, ...rest } = await stand({ backend })
    return { ...rest, redis, records: new RedisRecords(() => client(server)) }
  }

  test('come back as they were written, whatever their names look like', async () => {
    await using place = await open()
    for (const [n, name] of ['1e3', 'true', 'null', '{"a":1}', '"', '007', 'Ångström 🦀'].entries()) {
      const record = recordOf(`t${n}`, {
        name,
        placement: 'dedicated',
        rate_limit: 5,
        connection: 'v1.a.b.c',
      })
      expect(await place.records.create(record)).toBe(true)
      expect(await place.records.find(`t${n}`)).toEqual(record)
    }
    expect(await place.redis.type('rockpool:tenant:t0')).toBe('hash')
    expect(await place.records.find('nobody')).toBeNull()
  })

  test('are created once: of many at the same time one wins, whole', async () => {
    await using place = await open()
    const wanted = Array.from({ length: 20 }, (_, n) => recordOf('a', { name: `${n}`, rate_limit: n + 1 }))
    const created = await Promise.all(wanted.map((record) => place.records.create(record)))
    expect(created.filter(Boolean)).toHaveLength(1)
    expect(await place.records.find('a')).toEqual(wanted[created.indexOf(true)])
  })

  test('are replaced only as long as they are what was read', async () => {
    await using place = await open()
    await place.records.create(recordOf('a'))
    const changed = recordOf('a', { tier: 'premium', updated_at: 2_000 })
    expect(await place.records.replace(changed, 999)).toBe(false)
    expect(await place.records.replace(changed, 1_000)).toBe(true)
    expect(await place.records.replace(recordOf('a', { updated_at: 3_000 }), 1_000)).toBe(false)
    expect(await place.records.find('a')).toEqual(changed)
    expect(await place.records.remove('a')).toBe(true)
    expect(await place.records.remove('a')).toBe(false)
    expect(await place.records.replace(changed, 2_000)).toBe(false)
    expect(await place.records.find('a')).toBeNull()
  })

  test('are all found page by page, among other keys', async () => {
    await using place = await open()
    const ids = Array.from({ length: 60 }, (_, n) => `t${n}`)
    for (const id of ids) await place.records.create(recordOf(id))
    for (let n = 0; n < 100; n++) await place.redis.set(`other:${n}`, 'x')
    const seen = new Set<string>()
    let cursor: string | null = '0'
    while (cursor !== null) {
      const page = await place.records.page(cursor, 10)
      for (const { id } of page.records) seen.add(id)
      cursor = page.cursor
    }
    expect([...seen].sort()).toEqual(ids.sort())
  })

  test('that are broken, or somebody else’s, are nobody’s', async () => {
    await using place = await open()
    await place.records.create(recordOf('a'))
    await place.redis.copy('rockpool:tenant:a', 'rockpool:tenant:b')
    await place.redis.hset('rockpool:tenant:c', { id: 'c' })
    for (const id of ['b', 'c']) {
      await expect(place.records.find(id)).rejects.toMatchObject({ code: 'directory_unavailable' })
    }
    const { records } = await place.records.page('0', 100)
    expect(records.map(({ id }) => id)).toEqual(['a'])
  })

  test('say that they cannot be reached, and no more', async () => {
    const place = await open()
    await place[Symbol.asyncDispose]()
    for (const attempt of [
      () => place.records.find('a'),
      () => place.records.create(recordOf('a')),
      () => place.records.replace(recordOf('a'), 1),
      () => place.records.remove('a'),
      () => place.records.page('0', 10),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'directory_unavailable', detail: undefined })
    }
  })
})
