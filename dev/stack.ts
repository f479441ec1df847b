import { parseArgs } from 'node:util'
import { startStack } from './local/stack.ts'
import { startTcpProxy } from './local/tcp-proxy.ts'
import { progress } from './progress.ts'
import { seedDirectory } from './seed.ts'
import { untilStopped } from './until-stopped.ts'

/** What `node dev/stack.ts` writes, as one line of JSON, once everything is up. */
export interface StackInfo {
  /** For the Worker. */
  readonly variables: Readonly<Record<string, string>>
  /** Where faults are switched; see local/control.ts. */
  readonly controlUrl: string
  /** The Postgres server itself, without the proxy. */
  readonly postgresUrl: string
  /** The same behind the proxy's faults, for those who speak TCP to it instead of WebSockets. */
  readonly postgresTcpUrl: string
  /** What stands behind each service, in words. */
  readonly services: Readonly<Record<'postgres' | 'mongo' | 'redis', string>>
}

/**
 * The local stack without a Worker and without anything kept: for tests, which run in other runtimes. It ends with the
 * end of its standard input too, so that it never outlives a test run, however that ended.
 */
if (import.meta.main) {
  const { MONGODB_URI, REDIS_URL } = process.env
  const { values } = parseArgs({ options: { 'max-connections': { type: 'string', default: '300' } } })
  const maxConnections = Number(values['max-connections'])
  const stack = await startStack({
    mongoUri: MONGODB_URI,
    redisUrl: REDIS_URL,
    maxConnections,
    log: progress(),
  })
  const { variables, control, faults, postgres, services } = stack
  await seedDirectory(variables)
  const { port, url: postgresUrl } = postgres.primary
  const tcp = await startTcpProxy({ target: { host: '127.0.0.1', port }, faults: faults.postgres })
  const postgresTcpUrl = Object.assign(new URL(postgresUrl), { port: `${tcp.port}` }).href
  const info: StackInfo = { variables, controlUrl: control.url, postgresUrl, postgresTcpUrl, services }
  process.stdin.resume()
  const parentGone = new Promise<unknown>((resolve) => {
    process.stdin.once('close', resolve)
    // It may have gone while this was starting.
    process.stdout.once('error', resolve)
  })
  process.stdout.write(`${JSON.stringify(info)}\n`)
  await Promise.race([untilStopped(), parentGone])
  await tcp.close()
  await stack.close()
  process.exit()
}
