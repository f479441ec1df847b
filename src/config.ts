import type { ReadName } from './consistency.ts'
import type { LimitSettings } from './limit-settings.ts'
import { type Cluster, isReplica, type ReplicaCluster, replicaClusters } from './pools/cluster.ts'
import { type EngineName, TIERS, type Tier } from './tenants/tenant.ts'
import { DEFAULT_TIERS, type TierSettings } from './tenants/tier.ts'
import {
  crossFaults,
  QUERY_CACHE_HOST_BYTES,
  setVariables,
  type VariableFault,
  Variables,
} from './variables.ts'

/** Sizes and times of a pool. All times in milliseconds. */
export interface PoolSettings {
  readonly minSize: number
  readonly maxSize: number
  /** How long one statement or command may take. */
  readonly commandTimeoutMs: number
  /** Uses after which a Postgres connection is retired. */
  readonly maxQueries: number
  /** Idle time after which a connection, and then the pool, is closed. */
  readonly maxIdleMs: number
  /** How long a request waits for a connection. */
  readonly timeoutMs: number
  /** Nominal lifetime of a connection; the real one is jittered, see `pools/lifetime.ts`. */
  readonly lifetimeMs: number
  /** Requests that may wait for one pool. */
  readonly maxWaiting: number
}

/** What hosts keep of answers. */
export interface QueryCacheSettings {
  /** How old an answer may become, in ms; 0 when nothing is kept. */
  readonly ttlMs: number
  /** Of one tenant in one host. */
  readonly maxBytes: number
  readonly maxEntries: number
  /** Of all tenants of one host on one cluster. */
  readonly maxTotalBytes: number
}

export interface JwtSettings {
  readonly key: { readonly secret: string } | { readonly jwksUrl: string }
  readonly algorithm: 'HS256' | 'RS256' | 'ES256'
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

export type TenantSource = Variables['TENANT_SOURCES'][number]

/** Everything a deployment decides, checked and complete. */
export interface Config {
  readonly environment: Variables['DB_ENV']
  readonly pool: PoolSettings
  /** How long a whole request may take: no longer than the wait for a connection, one statement, and a second. */
  readonly requestTimeoutMs: number
  readonly poolCacheMax: number
  readonly slowQueryMs: number
  /** Tenants whose pools are metrics of their own. */
  readonly metricsTenantLabels: number
  /** Whether answers tell where their time went. */
  readonly serverTiming: boolean
  readonly queryCache: QueryCacheSettings
  readonly postgres: {
    readonly primaryUrl: string | undefined
    readonly replicas: readonly ReplicaSettings[]
    /** How long a tenant that wrote reads from the primary, in ms. */
    readonly writePinMs: number
    /** `host:port/path` of a WebSocket-to-TCP proxy in front of a Postgres that is not Neon's. */
    readonly wsProxy: string | undefined
    /** Where Postgres over HTTP is served, if not by Neon itself. */
    readonly httpEndpoint: string | undefined
  }
  readonly mongoUri: string | undefined
  /** Connections that the servers take; `undefined` where they are to be asked. */
  readonly maxConnections: Readonly<Record<'postgres' | 'postgres-replica' | 'mongo', number | undefined>>
  /** The reads that are eventual where a request does not say. */
  readonly eventualReads: ReadonlySet<ReadName>
  readonly defaultEngine: EngineName
  readonly tenants: ReadonlyMap<string, ListedTenant>
  readonly tierByPrefix: boolean
  /** Sizes already within the pool's maximum, placements already as the strategy wants them. */
  readonly tiers: Readonly<Record<Tier, TierSettings>>
  readonly strategy: Variables['STRATEGY']
  readonly groups: number
  readonly groupPoolSize: number
  readonly sharedPoolSize: number
  readonly locationHint: Variables['LOCATION_HINT']
  readonly tenantSources: readonly TenantSource[]
  readonly jwt: JwtSettings | undefined
  /** Who may register users: anybody, or the holder of `ADMIN_TOKEN`. */
  readonly registration: Variables['REGISTRATION']
  /** The domain whose subdomains name tenants to sign-in. */
  readonly tenantDomain: string | undefined
  readonly adminToken: string | undefined
  readonly limits: LimitSettings
  readonly redis: { readonly url: string; readonly token: string } | undefined
  /** Whether an id without a record becomes a tenant at its first use. */
  readonly enrollment: 'open' | 'closed'
  /** 256 bits each, in base64: the first one seals tenants' connection strings, all of them open. */
  readonly directoryKeys: readonly string[]
  readonly allowPrivateDatabases: boolean
}

/** One read replica. */
export interface ReplicaSettings {
  readonly cluster: ReplicaCluster
  readonly url: string
  /** As the primary's. */
  readonly wsProxy: string | undefined
}

/** What `TENANTS` says of a tenant. */
export interface ListedTenant {
  readonly tier?: Tier | undefined
  readonly engine: EngineName
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: readonly VariableFault[] }

/** min_size, max_size, command_timeout (s), max_queries, max_inactive_connection_lifetime (s) by `DB_ENV`. */
const PROFILES = {
  development: { min: 5, max: 20, commandTimeout: 60, maxQueries: 50_000, maxIdle: 300 },
  production: { min: 10, max: 50, commandTimeout: 60, maxQueries: 50_000, maxIdle: 300 },
  test: { min: 2, max: 5, commandTimeout: 30, maxQueries: 10_000, maxIdle: 60 },
} as const

/**
 * Longest lifetime of a connection, in seconds. An outbound connection keeps its object in memory for 15 minutes at
 * most (since 2026-06-19, developers.cloudflare.com/changelog/post/2026-06-19-outbound-connections-keep-dos-alive),
 * so it is replaced before that.
 */
const LONGEST_LIFETIME = 840

/** Checks the variables of a deployment and completes them; every fault at once. */
export function parseConfig(env: object): ConfigResult {
  const parsed = Variables.safeParse(setVariables(env))
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({
      variable: String(issue.path[0]),
      // What stands inside a JSON variable is named by its last field: a tenant id is a value too.
      reason: issue.path.length > 2 ? `${String(issue.path.at(-1))}: ${issue.message}` : issue.message,
    }))
    return { ok: false, faults }
  }
  const v = parsed.data
  const pool = poolSettings(v)
  const faults = crossFaults(v)
  if (pool.minSize > pool.maxSize) {
    faults.push({ variable: 'DB_POOL_MIN_SIZE', reason: 'larger than the maximum size' })
  }
  if (faults.length > 0) return { ok: false, faults }

  const config: Config = {
    environment: v.DB_ENV,
    pool,
    requestTimeoutMs: Math.min(v.DB_REQUEST_TIMEOUT * 1000, pool.timeoutMs + pool.commandTimeoutMs + 1_000),
    poolCacheMax: v.POOL_CACHE_MAX,
    slowQueryMs: v.SLOW_QUERY_MS,
    metricsTenantLabels: v.METRICS_TENANT_LABELS,
    serverTiming: v.SERVER_TIMING,
    queryCache: Object.freeze({
      ttlMs: v.QUERY_CACHE_TTL * 1000,
      maxBytes: v.QUERY_CACHE_MAX_BYTES,
      maxEntries: v.QUERY_CACHE_MAX_ENTRIES,
      maxTotalBytes: QUERY_CACHE_HOST_BYTES,
    }),
    postgres: {
      primaryUrl: v.DB_PRIMARY_DB_URL,
      replicas: replicaSettings(v),
      writePinMs: v.DB_REPLICA_WRITE_PIN * 1000,
      wsProxy: v.NEON_WS_PROXY[0],
      httpEndpoint: v.NEON_HTTP_ENDPOINT,
    },
    mongoUri: v.MONGODB_URI,
    maxConnections: {
      postgres: v.POSTGRES_MAX_CONNECTIONS,
      'postgres-replica': v.POSTGRES_REPLICA_MAX_CONNECTIONS,
      mongo: v.MONGODB_MAX_CONNECTIONS,
    },
    eventualReads: new Set(v.EVENTUAL_READS),
    defaultEngine: v.DEFAULT_ENGINE,
    tenants: new Map(Object.entries(v.TENANTS)),
    tierByPrefix: v.TIER_BY_PREFIX,
    tiers: tierSettings(v, pool.maxSize),
    strategy: v.STRATEGY,
    groups: v.PLACEMENT_GROUPS,
    groupPoolSize: v.GROUP_POOL_SIZE,
    sharedPoolSize: v.SHARED_POOL_SIZE,
    locationHint: v.LOCATION_HINT,
    tenantSources: v.TENANT_SOURCES,
    jwt: jwtSettings(v),
    registration: v.REGISTRATION,
    tenantDomain: v.TENANT_DOMAIN,
    adminToken: v.ADMIN_TOKEN,
    limits: limitSettings(v),
    redis:
      v.UPSTASH_REDIS_REST_URL && v.UPSTASH_REDIS_REST_TOKEN
        ? { url: v.UPSTASH_REDIS_REST_URL, token: v.UPSTASH_REDIS_REST_TOKEN }
        : undefined,
    enrollment: v.ENROLLMENT ?? (v.DB_ENV === 'production' ? 'closed' : 'open'),
    directoryKeys: v.DIRECTORY_KEY,
    allowPrivateDatabases: v.ALLOW_PRIVATE_DATABASES,
  }
  return { ok: true, config: Object.freeze(config) }
}

/**
 * The outcome of `parseConfig`, once per isolate. It lives at module scope because it is plain data: requests may
 * share what holds no socket and no promise.
 */
export function configOf(env: object): ConfigResult {
  let result = parsedConfigs.get(env)
  if (!result) {
    result = parseConfig(env)
    parsedConfigs.set(env, result)
  }
  return result
}

const parsedConfigs = new WeakMap<object, ConfigResult>()

/** What the server of a cluster was said to take; each replica is one server. */
export function maxConnectionsOf({ maxConnections }: Config, cluster: Cluster): number | undefined {
  return maxConnections[isReplica(cluster) ? 'postgres-replica' : cluster]
}

function replicaSettings({ DB_REPLICA_DB_URL: urls, NEON_WS_PROXY: proxies }: Variables): ReplicaSettings[] {
  const clusters = replicaClusters(urls.length)
  return clusters.flatMap((cluster, n) => {
    const url = urls[n]
    return url === undefined ? [] : [{ cluster, url, wsProxy: proxies[n + 1] }]
  })
}

function poolSettings(v: Variables): PoolSettings {
  const profile = PROFILES[v.DB_ENV]
  const maxSize = v.DB_POOL_MAX_SIZE ?? profile.max
  return Object.freeze({
    // A maximum that was lowered below the profile's minimum takes the minimum with it; one that was set stays.
    minSize: v.DB_POOL_MIN_SIZE ?? Math.min(profile.min, maxSize),
    maxSize,
    commandTimeoutMs: (v.DB_POOL_COMMAND_TIMEOUT ?? profile.commandTimeout) * 1000,
    maxQueries: v.DB_POOL_MAX_QUERIES ?? profile.maxQueries,
    maxIdleMs: (v.DB_POOL_MAX_INACTIVE_CONNECTION_LIFETIME ?? profile.maxIdle) * 1000,
    timeoutMs: v.DB_POOL_TIMEOUT * 1000,
    lifetimeMs: Math.min(v.DB_POOL_RECYCLE, LONGEST_LIFETIME) * 1000,
    maxWaiting: v.DB_POOL_MAX_WAITING ?? 10 * maxSize,
  })
}

function tierSettings(v: Variables, maxSize: number): Config['tiers'] {
  const settings = TIERS.map((tier): [Tier, TierSettings] => {
    const base = DEFAULT_TIERS[tier]
    const own = v.TIERS[tier] ?? {}
    const { size = base.size, weight = base.weight, shards = base.shards, rate_limit = base.rate_limit } = own
    const placement = v.STRATEGY === 'tiers' ? (v.PLACEMENT[tier] ?? base.placement) : v.STRATEGY
    return [tier, { size: Math.min(size, maxSize), weight, shards, placement, rate_limit }]
  })
  return Object.fromEntries(settings) as Record<Tier, TierSettings>
}

function limitSettings(v: Variables): LimitSettings {
  return Object.freeze({
    enabled: v.RATE_LIMITS ?? v.UPSTASH_REDIS_REST_URL !== undefined,
    algorithm: v.RATE_LIMIT_ALGORITHM,
    timeoutMs: v.RATE_LIMIT_TIMEOUT_MS,
    failure: v.RATE_LIMIT_FAILURE,
    reserve: v.RATE_LIMIT_RESERVE,
    address: v.RATE_LIMIT_ADDRESS,
    admin: v.RATE_LIMIT_ADMIN,
  })
}

function jwtSettings(v: Variables): JwtSettings | undefined {
  const common = { issuer: v.JWT_ISSUER, audience: v.JWT_AUDIENCE }
  if (v.JWT_SECRET) return { key: { secret: v.JWT_SECRET }, algorithm: 'HS256', ...common }
  if (v.JWT_JWKS_URL) {
    return { key: { jwksUrl: v.JWT_JWKS_URL }, algorithm: v.JWT_ALGORITHM ?? 'RS256', ...common }
  }
  return undefined
}
