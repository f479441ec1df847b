import { join } from 'node:path'
import { type Control, startControl } from './control.ts'
import { Faults } from './faults.ts'
import { startMongo } from './mongo/server.ts'
import { mongoTarget } from './mongo/target.ts'
import { type PostgresProxy, startPostgresProxy } from './postgres/proxy.ts'
import { type PostgresServer, startPostgres } from './postgres/server.ts'
import { startStandby } from './postgres/standby.ts'
import { startRedis } from './redis/server.ts'
import { localSecrets } from './secrets.ts'
import { stackVariables } from './stack-variables.ts'
import { startTcpProxy, type TcpTarget } from './tcp-proxy.ts'

export interface StackOptions {
  /** Where data are kept from run to run. Absent: everything is gone after `close`. */
  readonly dir?: string
  /** A real MongoDB to use instead of the embedded server. */
  readonly mongoUri?: string | undefined
  /** Whether the embedded MongoDB says how many connections it takes. @default true */
  readonly mongoTellsAvailable?: boolean | undefined
  /** A real Redis to use instead of one of the stack's own. */
  readonly redisUrl?: string | undefined
  /** What keeps the data of the stack's own Redis. @default 'auto', a redis-server where there is one */
  readonly redisBackend?: 'auto' | 'memory' | 'server' | undefined
  /** Postgres servers of one's own, which its proxies lead to beside those of the stack. */
  readonly postgresServers?: readonly TcpTarget[] | undefined
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

/** Starts the services side by side. What did start is closed again when another does not. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dir, log, postgresServers: others = [] } = options
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
    const proxy = keep(await startPostgresProxy({ target, others, faults: faults.postgres }))
    log(`Postgres: ready on port ${server.port}, WebSocket proxy on ${proxy.port}`)
    const replica = keep(await startStandby(server, { log: postgresLog }))
    const replicaProxy = keep(
      await startPostgresProxy({
        target: { host: '127.0.0.1', port: replica.port },
        others,
        faults: faults.replica,
      }),
    )
    log(`Postgres: replica ready on port ${replica.port}, WebSocket proxy on ${replicaProxy.port}`)
    return { server, proxy, replica, replicaProxy }
  }
  const mongo = async (password: string) => {
    const user = { name: 'rockpool', password }
    const uri =
      options.mongoUri ??
      keep(await startMongo({ ...at('mongo'), user, tellsAvailable: options.mongoTellsAvailable ?? true }))
        .url
    const target = mongoTarget(uri)
    const proxy = target && keep(await startTcpProxy({ target, faults: faults.mongo }))
    log(options.mongoUri ? 'MongoDB: the server of MONGODB_URI' : 'MongoDB: embedded server ready')
    return target && proxy ? target.throughProxy(proxy.port) : uri
  }
  const redis = async (token: string) => {
    const { redisBackend: backend = 'auto', redisUrl } = options
    const server = keep(
      await startRedis({
        ...at('redis'),
        token,
        faults: faults.redis,
        ...(redisUrl && { redisUrl }),
        backend,
        log,
      }),
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
      variables: stackVariables(
        {
          primaryUrl: postgresService.server.url,
          replicaUrl: postgresService.replica.url,
          wsProxies: [webSocketOf(postgresService.proxy), webSocketOf(postgresService.replicaProxy)],
          httpEndpoint: `${postgresService.proxy.url}/sql`,
          mongoUri,
          redisRestUrl: upstash.url,
        },
        secrets,
      ),
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

function webSocketOf({ port }: PostgresProxy): string {
  return `127.0.0.1:${port}/v2`
}

const REDIS_BACKENDS = {
  url: 'the Redis of REDIS_URL',
  server: 'redis-server of this machine',
  memory: 'embedded engine',
} as const
