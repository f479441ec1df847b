import type { LocalSecrets } from './secrets.ts'

/** Where the services of a stack are, in the words of the variables that say so. */
export interface StackAddresses {
  readonly primaryUrl: string
  readonly replicaUrl: string
  /** `host:port/path` of the proxies before the primary and the replica. */
  readonly wsProxies: readonly [string, string]
  readonly httpEndpoint: string
  readonly mongoUri: string
  readonly redisRestUrl: string
}

const TENANTS = {
  user_a: { tier: 'basic', engine: 'mongo' },
  user_b: { tier: 'free', engine: 'mongo' },
  acme: { tier: 'enterprise', engine: 'postgres' },
  globex: { tier: 'premium', engine: 'postgres' },
}

/** What the Worker needs to know of a stack, and what development differs in from production. */
export function stackVariables(at: StackAddresses, secrets: LocalSecrets): Record<string, string> {
  return {
    DB_ENV: 'development',
    DB_PRIMARY_DB_URL: at.primaryUrl,
    DB_REPLICA_DB_URL: at.replicaUrl,
    NEON_HTTP_ENDPOINT: at.httpEndpoint,
    NEON_WS_PROXY: at.wsProxies.join(),
    MONGODB_URI: at.mongoUri,
    DEFAULT_ENGINE: 'mongo',
    TIER_BY_PREFIX: 'on',
    TENANTS: JSON.stringify(TENANTS),
    TENANT_SOURCES: 'jwt,header,query',
    JWT_SECRET: secrets.jwtSecret,
    REGISTRATION: 'open',
    ADMIN_TOKEN: secrets.adminToken,
    UPSTASH_REDIS_REST_URL: at.redisRestUrl,
    UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
    ENROLLMENT: 'open',
    DIRECTORY_KEY: secrets.directoryKey,
    ALLOW_PRIVATE_DATABASES: 'on',
  }
}
