import { neonConfig } from '@neondatabase/serverless'
import pg from 'pg'
import { Faults } from '../../../dev/local/faults.ts'
import { type PostgresProxy, startPostgresProxy } from '../../../dev/local/postgres/proxy.ts'
import { type PostgresServer, startPostgres } from '../../../dev/local/postgres/server.ts'
import { shared } from './shared.ts'

interface Postgres extends AsyncDisposable {
  readonly server: PostgresServer
  readonly proxy: PostgresProxy
  /** To look at the server from outside, past the proxy. */
  readonly admin: pg.Pool
}

/** One server with a proxy for all tests of a file; the Neon driver goes through the proxy. */
export function sharedPostgres(faults = new Faults()): Postgres {
  return shared(() => openPostgres(faults))
}

async function openPostgres(faults: Faults): Promise<Postgres> {
  await using closers = new AsyncDisposableStack()
  const server = await startPostgres()
  closers.defer(() => server.close())
  const proxy = await startPostgresProxy({ target: { host: '127.0.0.1', port: server.port }, faults })
  closers.defer(() => proxy.close())
  const admin = new pg.Pool({ connectionString: server.url, max: 1 })
  // `end` does not wait for the server to see the goodbye, and what the server says when it stops may come first.
  admin.on('connect', (client) => client.on('error', () => undefined))
  admin.on('error', () => undefined)
  closers.defer(() => admin.end())
  neonConfig.wsProxy = () => `127.0.0.1:${proxy.port}/v2`
  neonConfig.useSecureWebSocket = false
  neonConfig.pipelineConnect = false
  neonConfig.pipelineTLS = false
  neonConfig.fetchEndpoint = `${proxy.url}/sql`
  const opened = closers.move()
  return { server, proxy, admin, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
