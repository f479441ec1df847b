import type { TcpTarget } from './local/tcp-proxy.ts'

/** The variables that name Postgres servers and the ways to them. */
type Variables = Readonly<Record<string, string | undefined>>

const POSTGRES_PORT = 5432

/** The servers of DB_PRIMARY_DB_URL and DB_REPLICA_DB_URL of one's own, primary first; what is no URL is left out. */
function serversOf({ DB_PRIMARY_DB_URL: primary = '', DB_REPLICA_DB_URL: replicas = '' }: Variables): URL[] {
  return [primary, ...replicas.split(',')].flatMap((text) => URL.parse(text.trim()) ?? [])
}

/**
 * Whether a server speaks WebSockets by itself. Connection strings of Neon ask for TLS; a plain Postgres that does so
 * cannot be reached, because the driver leaves TLS to the WebSocket.
 */
function isNeon(url: URL): boolean {
  return ['require', 'verify-ca', 'verify-full'].includes(url.searchParams.get('sslmode') ?? '')
}

/** The plain Postgres servers of one's own: the stack's proxies have to lead to them. */
export function plainServers(own: Variables): TcpTarget[] {
  return serversOf(own)
    .filter((url) => !isNeon(url))
    .map(({ hostname, port }) => ({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || POSTGRES_PORT),
    }))
}

/**
 * The ways to Postgres where the environment names servers of its own: none for those of Neon, else the stack's proxies,
 * which are told each server's address. What the environment says of them goes before that.
 * @throws {Error} when some of the servers are Neon's and some are not: the driver's way is one for all
 */
export function waysToPostgres(stack: Variables, own: Variables): Record<string, string> {
  if (own.DB_PRIMARY_DB_URL === undefined && own.DB_REPLICA_DB_URL === undefined) return {}
  // The stack's replica follows the stack's primary, and nobody else's.
  const isPrimaryOwn = own.DB_PRIMARY_DB_URL !== undefined
  const replicas = own.DB_REPLICA_DB_URL ?? (isPrimaryOwn ? '' : (stack.DB_REPLICA_DB_URL ?? ''))
  const primary = own.DB_PRIMARY_DB_URL ?? stack.DB_PRIMARY_DB_URL
  const servers = serversOf({ DB_PRIMARY_DB_URL: primary, DB_REPLICA_DB_URL: replicas })
  const isDirect = servers.length > 0 && servers.every(isNeon)
  if (!isDirect && servers.some(isNeon)) {
    throw new Error("either all of the servers, or none of them, are Neon's (sslmode=require)")
  }
  const [primaryProxy = '', replicaProxy = ''] = (stack.NEON_WS_PROXY ?? '').split(',')
  const count = replicas.split(',').filter((url) => url.trim() !== '').length
  return {
    DB_REPLICA_DB_URL: replicas,
    NEON_WS_PROXY: isDirect ? '' : [primaryProxy, ...Array<string>(count).fill(replicaProxy)].join(),
    ...(isDirect && { NEON_HTTP_ENDPOINT: '' }),
  }
}
