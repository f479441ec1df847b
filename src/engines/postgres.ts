import { Client } from '@neondatabase/serverless'
import type { Engine, Target } from './engine.ts'
import type { PostgresClient } from './postgres-client.ts'
import { PostgresPool } from './postgres-pool.ts'
import { PostgresSocket } from './postgres-socket.ts'

/**
 * Postgres through the Neon serverless driver, over WebSockets. Its `Client` only: its `Pool`, pg-pool, sets three timers of
 * the runtime for every lease (docs/decisions/0011).
 */
export const postgres: Engine<PostgresClient> = {
  name: 'postgres',
  async open(target, options, hooks) {
    const pool = new PostgresPool(() => driverClient(target, options.appName), options, hooks)
    await pool.grow()
    return pool
  },
}

/**
 * A client with settings of its own: those on the module are one for all servers of an isolate, so that one server's proxy
 * would get the credentials of another (github.com/neondatabase/serverless, CONFIG.md, "neonConfig configuration"). A
 * proxy given as text is told the server's host and port as `?address=`, and one that does not lead there refuses.
 * Pipelining needs cleartext passwords, which a plain Postgres does not use.
 */
function driverClient({ url, wsProxy }: Target, appName: string): Client {
  const client = new Client({ connectionString: url, application_name: appName })
  const settings = client.neonConfig
  settings.webSocketConstructor = PostgresSocket
  settings.coalesceWrites = false
  if (wsProxy === undefined) return client
  settings.wsProxy = wsProxy
  settings.useSecureWebSocket = false
  settings.pipelineConnect = false
  settings.pipelineTLS = false
  return client
}
