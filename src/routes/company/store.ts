import type { Connection } from '../../engines/connection.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Analytics, Company } from './company.ts'
import { MongoCompany } from './mongo.ts'
import { PostgresCompany } from './postgres.ts'

/** One tenant as a company. */
export interface CompanyStore {
  /** `undefined` without a record, which is a tenant that is being purged. */
  find(): Promise<Company | undefined>
  /** All figures in one round trip. */
  analytics(): Promise<Analytics>
}

export function companyStore(connection: Connection, tenant: Tenant): CompanyStore {
  return connection.engine === 'postgres'
    ? new PostgresCompany(connection, tenant.id)
    : new MongoCompany(connection, tenant.id)
}
