import type { EngineName } from '../tenants/tenant.ts'
import type { Engine } from './engine.ts'
import type { PostgresHttp } from './postgres-http.ts'

/** Engines by name, each loaded when it is first needed: code of an engine that a deployment never uses never runs. */
export async function loadEngine(name: EngineName): Promise<Engine> {
  return name === 'postgres' ? (await import('./postgres.ts')).postgres : (await import('./mongo.ts')).mongo
}

/** The connection for where Postgres has no pool, loaded likewise. */
export async function loadPostgresHttp(): Promise<typeof PostgresHttp> {
  return (await import('./postgres-http.ts')).PostgresHttp
}
