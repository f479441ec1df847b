import type { PostgresConnection } from '../../../src/engines/connection.ts'
import type { MongoConnection } from '../../../src/engines/mongo-connection.ts'
import { quoted } from '../../../src/engines/postgres-names.ts'
import { databaseOf, schemaOf } from '../../../src/tenants/tenant.ts'
import { openConnection } from '../stores/connections.ts'
import type { ENGINES } from '../support.ts'

/** What to do with the data of a tenant, past every route. */
interface Work<T> {
  postgres(connection: PostgresConnection, schema: string): Promise<T>
  mongo(connection: MongoConnection, database: string): Promise<T>
}

/** Does it on a connection of its own, beside the pool of the tenant. */
export async function inDatabase<T>(
  engine: (typeof ENGINES)[number],
  tenant: string,
  work: Work<T>,
): Promise<T> {
  await using opened = await openConnection(engine)
  const { connection } = opened
  return await (connection.engine === 'postgres'
    ? work.postgres(connection, quoted(schemaOf(tenant)))
    : work.mongo(connection, databaseOf(tenant)))
}

/** Lets `field` be there once only, so that a second one is refused in the middle of a write. */
export function makeUnique(
  engine: (typeof ENGINES)[number],
  tenant: string,
  resource: 'projects' | 'tasks',
  field: string,
): Promise<void> {
  return inDatabase(engine, tenant, {
    postgres: (connection, schema) =>
      connection.batch([`CREATE UNIQUE INDEX ON ${schema}.${resource} (${field})`]),
    async mongo(connection, database) {
      await connection.run(database, (db) =>
        db.collection(resource).createIndex({ [field]: 1 }, { unique: true }),
      )
    },
  })
}

/** How many projects or tasks are stored, in a list or not. */
export function stored(
  engine: (typeof ENGINES)[number],
  tenant: string,
  resource: 'projects' | 'tasks',
): Promise<number> {
  return inDatabase(engine, tenant, {
    async postgres(connection, schema) {
      const [row] = await connection.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${schema}.${resource}`,
      )
      return row?.n ?? 0
    },
    mongo: (connection, database) =>
      connection.run(database, (db) => db.collection(resource).countDocuments()),
  })
}
