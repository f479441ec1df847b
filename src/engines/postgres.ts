import { Client, neonConfig } from '@neondatabase/serverless'
import type { Engine, Target } from './engine.ts'
import type { PostgresClient } from './postgres-client.ts'
import { PostgresPool } from './postgres-pool.ts'
import { PostgresSocket } from './postgres-socket.ts'

const DEFAULT_PORT = 5432

/**
 * Postgres through the Neon serverless driver, over WebSockets. Its `Client` only: its `Pool`, pg-pool, sets three timers of
 * the runtime for every lease (docs/decisions/0011).
 */
export const postgres: Engine<PostgresClient> = {
  name: 'postgres',
  async open(target, options, hooks) {
    configureDriver(target)
    const config = { connectionString: target.url, application_name: options.appName }
    const pool = new PostgresPool(() => new Client(config), options, hooks)
    await pool.grow()
    return pool
  },
}

/** The proxy before each server, by `host:port`: text, so that the objects of an isolate may share it. */
const proxies = new Map<string, string>()

/**
 * The driver's settings are global to the isolate, which is why the proxies, WebSocket-to-TCP ones in front of servers
 * that are not Neon's, are one variable of the deployment. Pipelining needs cleartext passwords, which a plain Postgres
 * does not use (github.com/neondatabase/serverless, CONFIG.md).
 */
function configureDriver({ url, wsProxy }: Target): void {
  neonConfig.webSocketConstructor = PostgresSocket
  neonConfig.coalesceWrites = false
  if (wsProxy === undefined) return
  const { hostname, port } = new URL(url)
  proxies.set(`${hostname}:${port || DEFAULT_PORT}`, wsProxy)
  neonConfig.wsProxy = (host, port) => proxies.get(`${host}:${port}`) ?? wsProxy
  neonConfig.useSecureWebSocket = false
  neonConfig.pipelineConnect = false
  neonConfig.pipelineTLS = false
}
