import { join } from 'node:path'
import { type Control, startControl } from './control.ts'
import { Faults } from './faults.ts'
import { startMongo } from './mongo/server.ts'
import { mongoTarget } from './mongo/target.ts'
import { startPostgresProxy } from './postgres/proxy.ts'
import { type PostgresServer, startPostgres } from './postgres/server.ts'
import { startStandby } from './postgres/standby.ts'
import { startRedis } from './redis/server.ts'
import { localSecrets } from './secrets.ts'
import { startTcpProxy } from './tcp-proxy.ts'

interface StackOptions {
  /** Where data are kept from run to run. Absent: everything is gone after `close`. */
  readonly dir?: string
  /** A real MongoDB to use instead of the embedded server. */
  readonly mongoUri?: string | undefined
  /** A real Redis to use instead of one of the stack's own. */
  readonly redisUrl?: string | undefined
  /** Connections that Postgres takes. @default 300 */
  readonly maxConnections?: number | undefined
  readonly log: (line: string) => void
}

/** Postgres with a read replica, MongoDB and Redis on this machine, each behind a proxy that can be told to fail. */
export interface Stack {
  /** What the Worker needs to know of them. */
  readonly variables: Readonly<Record<string, string>>
  readonly faults: Readonly<Record<'postgres' | 'replica' | 'mongo' | 'redis', Faults>>
  readonly control: Control
  /** The Postgres servers themselves, for looking at them from outside, and for tests that kill one. */
  readonly postgres: { readonly primary: PostgresServer; readonly replica: PostgresServer }
  /** What stands behind each service, in words. */
  readonly services: Readonly<Record<'postgres' | 'mongo' | 'redis', string>>
  close(): Promise<void>
}

const LOCAL_TENANTS = {
  user_a: { tier: 'basic', engine: 'mongo' },
  user_b: { tier: 'free', engine: 'mongo' },
  acme: { tier: 'enterprise', engine: 'postgres' },
  globex: { tier: 'premium', engine: 'postgres' },
}

/** Starts the services side by side. What did start is closed again when another does not. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dir, log } = options
  const faults = { postgres: new Faults(), replica: new Faults(), mongo: new Faults(), redis: new Faults() }
  const closers = new AsyncDisposableStack()
  const keep = <T extends { close(): Promise<void> }>(service: T): T => {
    closers.defer(() => service.close())
    return service
  }
  const at = (name: string) => (dir === undefined ? {} : { dir: join(dir, name) })

  // Its routine messages would bury the few lines that say how far things are.
  const postgresLog = (line: string) => {
    if (!/ LOG: /.test(line)) log(`Postgres: ${line}`)
  }
  const postgres = async () => {
    log('Postgres: starting')
    const server = keep(
      await startPostgres({
        ...at('postgres'),
        ...(options.maxConnections && { maxConnections: options.maxConnections }),
        log: postgresLog,
      }),
    )
    const target = { host: '127.0.0.1', port: server.port }
    const proxy = keep(await startPostgresProxy({ target, faults: faults.postgres }))
    log(`Postgres: ready on port ${server.port}, WebSocket proxy on ${proxy.port}`)
    const replica = keep(await startStandby(server, { log: postgresLog }))
    const replicaProxy = keep(
      await startPostgresProxy({ target: { host: '127.0.0.1', port: replica.port }, faults: faults.replica }),
    )
    log(`Postgres: replica ready on port ${replica.port}, WebSocket proxy on ${replicaProxy.port}`)
    return { server, proxy, replica, replicaProxy }
  }
  const mongo = async (password: string) => {
    const user = { name: 'rockpool', password }
    const uri = options.mongoUri ?? keep(await startMongo({ ...at('mongo'), user })).url
    const target = mongoTarget(uri)
    const proxy = target && keep(await startTcpProxy({ target, faults: faults.mongo }))
    log(options.mongoUri ? 'MongoDB: the server of MONGODB_URI' : 'MongoDB: embedded server ready')
    return target && proxy ? target.throughProxy(proxy.port) : uri
  }
  const redis = async (token: string) => {
    const { redisUrl } = options
    const server = keep(
      await startRedis({ ...at('redis'), token, faults: faults.redis, ...(redisUrl && { redisUrl }), log }),
    )
    log(`Redis: ${REDIS_BACKENDS[server.backend]} behind Upstash's REST protocol`)
    return server
  }

  try {
    const secrets = await localSecrets(dir)
    const starting = [postgres(), mongo(secrets.mongoPassword), redis(secrets.redisToken)] as const
    // When one fails, what is still starting has to be there before it can be closed.
    await Promise.allSettled(starting)
    const [postgresService, mongoUri, upstash] = await Promise.all(starting)
    const control = keep(await startControl(faults))
    return {
      variables: {
        DB_ENV: 'development',
        DB_PRIMARY_DB_URL: postgresService.server.url,
        DB_REPLICA_DB_URL: postgresService.replica.url,
        NEON_HTTP_ENDPOINT: `${postgresService.proxy.url}/sql`,
        NEON_WS_PROXY: [postgresService.proxy, postgresService.replicaProxy]
          .map(({ port }) => `127.0.0.1:${port}/v2`)
          .join(),
        MONGODB_URI: mongoUri,
        DEFAULT_ENGINE: 'mongo',
        TIER_BY_PREFIX: 'on',
        TENANTS: JSON.stringify(LOCAL_TENANTS),
        TENANT_SOURCES: 'jwt,header,query',
        JWT_SECRET: secrets.jwtSecret,
        REGISTRATION: 'open',
        ADMIN_TOKEN: secrets.adminToken,
        UPSTASH_REDIS_REST_URL: upstash.url,
        UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
        ENROLLMENT: 'open',
        DIRECTORY_KEY: secrets.directoryKey,
        ALLOW_PRIVATE_DATABASES: 'on',
      },
      faults,
      control,
      postgres: { primary: postgresService.server, replica: postgresService.replica },
      services: {
        postgres: 'Postgres 18, a real server with a standby',
        mongo: options.mongoUri ? 'the MongoDB of MONGODB_URI' : 'embedded MongoDB-wire server',
        redis: REDIS_BACKENDS[upstash.backend],
      },
      close: () => closers.disposeAsync(),
    }
  } catch (error) {
    await closers.disposeAsync()
    throw error
  }
}

const REDIS_BACKENDS = {
  url: 'the Redis of REDIS_URL',
  server: 'redis-server of this machine',
  memory: 'embedded engine',
} as const
