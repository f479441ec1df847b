import type { Connection, PostgresConnection } from '../engines/connection.ts'
import type { MongoConnection } from '../engines/mongo-connection.ts'
import { literal, quoted } from '../engines/postgres-names.ts'
import { Problem } from '../problem.ts'
import { databaseOf, schemaOf, type Tenant } from '../tenants/tenant.ts'
import { commentsIndexes } from './comments/mongo.ts'
import { commentsTable } from './comments/postgres.ts'
import { metadataRecord as mongoMetadata } from './company/mongo.ts'
import { metadataRecord as postgresMetadata } from './company/postgres.ts'
import { postsIndexes } from './posts/mongo.ts'
import { postsTable } from './posts/postgres.ts'
import { projectsIndexes } from './projects/mongo.ts'
import { projectsTable } from './projects/postgres.ts'
import { isUpToDate } from './schema-look.ts'
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
  } else await dropDatabase(connection, databaseOf(tenant.id))
}

/** Where the user may not drop a database, as with the role readWrite, its collections go one by one. */
async function dropDatabase(connection: MongoConnection, name: string): Promise<void> {
  try {
    await connection.run(name, (db, limits) => db.dropDatabase(limits))
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'database_refused')) throw error
    await connection.run(name, async (db, limits) => {
      const collections = await db.listCollections({}, { nameOnly: true, ...limits }).toArray()
      for (const { name: collection } of collections) {
        if (!collection.startsWith('system.')) await db.dropCollection(collection, limits)
      }
    })
  }
}

/** How long what is made waits for others' locks: a request must not wait for a transaction that stays open. */
const LOCK_TIMEOUT = '2s'

/**
 * Looks first: a host that finds the tenant up to date takes no lock and needs no right to make anything. What is made is
 * one round trip and one transaction. The advisory lock is there because two `CREATE SCHEMA IF NOT EXISTS` at once can
 * both find nothing, and then one fails on pg_namespace's unique index.
 */
async function provisionSchema(connection: PostgresConnection, tenantId: string): Promise<void> {
  const name = schemaOf(tenantId)
  if (await isUpToDate(connection, name)) return
  const schema = quoted(name)
  try {
    await connection.batch([
      `SELECT set_config('lock_timeout', ${literal(LOCK_TIMEOUT)}, true)`,
      `SELECT pg_advisory_xact_lock(hashtextextended(${literal(name)}, 0))`,
      // Its presence needs no right; making it does.
      `DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = ${literal(name)}) THEN
          CREATE SCHEMA ${schema};
        END IF;
      END $$`,
      ...postsTable(schema),
      ...commentsTable(schema),
      ...usersTable(schema),
      ...projectsTable(schema),
      ...tasksTable(schema),
      ...postgresMetadata(schema, tenantId),
    ])
  } catch (error) {
    if (error instanceof Problem && error.fault === 'postgres 42501') throw lacksRight(error)
    throw error
  }
}

function lacksRight({ fault }: Problem): Problem {
  return new Problem('database_refused', {
    detail:
      "The database's role may not make the tenant's schema or tables: it lacks CREATE on the database, or on the schema.",
    ...(fault !== undefined && { fault }),
  })
}

async function provisionDatabase(connection: MongoConnection, tenantId: string): Promise<void> {
  await connection.run(databaseOf(tenantId), async (db, limits) => {
    await postsIndexes(db, limits)
    await commentsIndexes(db, limits)
    await usersIndexes(db, limits)
    await projectsIndexes(db, limits)
    await tasksIndexes(db, limits)
    await mongoMetadata(db, tenantId, limits)
  })
}
