import type { EngineName } from '../tenants/tenant.ts'
import type { Engine } from './engine.ts'

/** Engines by name, each loaded when it is first needed: code of an engine that a deployment never uses never runs. */
export async function loadEngine(name: EngineName): Promise<Engine> {
  return name === 'postgres' ? (await import('./postgres.ts')).postgres : (await import('./mongo.ts')).mongo
}
