import { expect, test } from 'vitest'
import { Tenancies } from '../../../src/host/tenancies.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'

const ACME: Tenant = { id: 'acme', tier: 'free', engine: 'postgres', since: 1 }
const AGAIN: Tenant = { ...ACME, since: 2 }
const pool = (key: string) => ({ key, tenant: null, minSize: 1, maxSize: 1, weight: 1 })

test('who was deleted is refused, and who is created again under the same id is not', () => {
  const tenancies = new Tenancies()
  tenancies.expel(ACME)
  expect(() => tenancies.admit(ACME)).toThrow(expect.objectContaining({ code: 'unknown_tenant' }))
  expect(() => tenancies.admit(AGAIN)).not.toThrow()
  expect(() => tenancies.admit({ ...ACME, id: 'globex' })).not.toThrow()
})

test('a deletion that was not finished can be taken back', () => {
  const tenancies = new Tenancies()
  tenancies.expel(ACME)
  tenancies.readmit(ACME)
  expect(() => tenancies.admit(ACME)).not.toThrow()
})

test('a tenant is prepared for once in each life and in each database', async () => {
  const tenancies = new Tenancies()
  const prepared: string[] = []
  const ensure = (tenant: Tenant, key: string) =>
    tenancies.ensure(tenant, pool(key), async () => {
      prepared.push(`${tenant.since} ${key}`)
    })
  for (const key of ['postgres', 'acme/3@one', 'postgres']) await ensure(ACME, key)
  await ensure(AGAIN, 'postgres')
  expect(prepared).toEqual(['1 postgres', '1 acme/3@one', '2 postgres'])
})
