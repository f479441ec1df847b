import { fileURLToPath } from 'node:url'
import { type GuardedServer, startGuarded } from '../guarded-server.ts'
import type { Lab } from '../lab.ts'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))

/** @param connections of each of its pools */
export function startNode({ stack }: Lab, connections: number): Promise<GuardedServer> {
  return startGuarded((port) => [process.execPath, SERVER, `${port}`, `${connections}`], {
    DB_URL: stack.postgresTcpUrl,
    MONGODB_URI: stack.variables.MONGODB_URI ?? '',
  })
}
