import type { Connection, PostgresConnection } from '../engines/connection.ts'
import type { MongoConnection } from '../engines/mongo-connection.ts'
import { literal, quoted } from '../engines/postgres-names.ts'
import { databaseOf, schemaOf, type Tenant } from '../tenants/tenant.ts'
import { commentsIndexes } from './comments/mongo.ts'
import { commentsTable } from './comments/postgres.ts'
import { metadataRecord as mongoMetadata } from './company/mongo.ts'
import { metadataRecord as postgresMetadata } from './company/postgres.ts'
import { postsIndexes } from './posts/mongo.ts'
import { postsTable } from './posts/postgres.ts'
import { projectsIndexes } from './projects/mongo.ts'
import { projectsTable } from './projects/postgres.ts'
import { tasksIndexes } from './tasks/mongo.ts'
import { tasksTable } from './tasks/postgres.ts'
import { usersIndexes } from './users/mongo.ts'
import { usersTable } from './users/postgres.ts'

/** Creates what a tenant's resources need where it is missing; safe to repeat, and at the same time from anywhere. */
export function provision(connection: Connection, tenant: Tenant): Promise<void> {
  return connection.engine === 'postgres'
    ? provisionSchema(connection, tenant.id)
    : provisionDatabase(connection, tenant.id)
}

/** Drops all that a tenant has, for good; safe to repeat. */
export async function unprovision(connection: Connection, tenant: Tenant): Promise<void> {
  if (connection.engine === 'postgres') {
    await connection.batch([`DROP SCHEMA IF EXISTS ${quoted(schemaOf(tenant.id))} CASCADE`])
  } else {
    await connection.run(databaseOf(tenant.id), (db) => db.dropDatabase())
  }
}

/**
 * One round trip and one transaction. The lock is there because two `CREATE SCHEMA IF NOT EXISTS` at once can both find
 * nothing, and then one fails on pg_namespace's unique index.
 */
async function provisionSchema(connection: PostgresConnection, tenantId: string): Promise<void> {
  const name = schemaOf(tenantId)
  const schema = quoted(name)
  await connection.batch([
    `SELECT pg_advisory_xact_lock(hashtextextended(${literal(name)}, 0))`,
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    ...postsTable(schema),
    ...commentsTable(schema),
    ...usersTable(schema),
    ...projectsTable(schema),
    ...tasksTable(schema),
    ...postgresMetadata(schema, tenantId),
  ])
}

async function provisionDatabase(connection: MongoConnection, tenantId: string): Promise<void> {
  await connection.run(databaseOf(tenantId), async (db) => {
    await postsIndexes(db)
    await commentsIndexes(db)
    await usersIndexes(db)
    await projectsIndexes(db)
    await tasksIndexes(db)
    await mongoMetadata(db, tenantId)
  })
}
