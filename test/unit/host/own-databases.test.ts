import { expect, test, vi } from 'vitest'
import { OwnDatabases } from '../../../src/host/own-databases.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'
import { Vault } from '../../../src/tenants/vault.ts'
import { problemOf } from '../support/host.ts'

const [KEY, NEXT] = [btoa('k'.repeat(32)), btoa('n'.repeat(32))]
const URL = 'postgres://app:secret@db.example.com/app'
const ACME: Tenant = { id: 'acme', tier: 'premium', engine: 'postgres' }

test('a tenant without a connection string lives on the cluster', async () => {
  expect(await new OwnDatabases([]).urlOf(ACME)).toBeUndefined()
})

test('a connection string is opened for the tenant that it was sealed for, and for nobody else', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  const own = new OwnDatabases([NEXT, KEY])
  const connection = await new Vault([KEY]).seal('acme', URL)
  expect(await own.urlOf({ ...ACME, connection })).toBe(URL)
  expect(await own.urlOf({ ...ACME, connection })).toBe(URL)
  const stolen = await problemOf(own.urlOf({ ...ACME, id: 'globex', connection }))
  expect(stolen).toMatchObject({ code: 'database_unavailable', detail: undefined })
  expect(error).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ event: 'connection.unreadable', tenant: 'globex' }),
  )
  error.mockRestore()
})
