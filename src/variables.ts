import { z } from 'zod'
import { READS } from './consistency.ts'
import { refusedMongoOptions } from './engines/mongo-uri.ts'
import { refusedPostgresOptions } from './engines/postgres-url.ts'
import { ALGORITHMS, FAILURES } from './limit-settings.ts'
import { ENGINES, TenantId, TIERS } from './tenants/tenant.ts'
import { PLACEMENTS } from './tenants/tier.ts'

/**
 * What may stand in the variables and secrets of a deployment. Messages name what is expected and never repeat what
 * was found: half of these are secrets.
 */

/** A variable arrives as text, from a JSON configuration also as a number. */
const text = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string({ error: 'expected text' }).trim(),
)

const number = (min: number, max: number, kind: 'whole' | 'decimal' = 'whole') =>
  text.transform((value, context) => {
    const parsed = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN
    if (parsed >= min && parsed <= max && (kind === 'decimal' || Number.isInteger(parsed))) return parsed
    context.addIssue(`expected a ${kind} number from ${min} to ${max}`)
    return z.NEVER
  })

const seconds = (min: number, max: number) => number(min, max, 'decimal')

const url = (...schemes: string[]) =>
  text.refine(
    (value) => {
      const parsed = URL.parse(value)
      return parsed !== null && schemes.includes(parsed.protocol) && parsed.hostname !== ''
    },
    `expected a URL of the form ${schemes.map((scheme) => `${scheme}//…`).join(' or ')}`,
  )

const postgresUrl = url('postgres:', 'postgresql:')
  .refine((value) => (URL.parse(value)?.pathname.length ?? 0) > 1, 'expected a database name in the URL')
  .refine((value) => (URL.parse(value)?.username ?? '') !== '', 'expected a user name in the URL')
  .superRefine((value, context) => {
    const parsed = URL.parse(value)
    for (const option of parsed ? refusedPostgresOptions(parsed) : []) {
      context.addIssue(`the option ${option} is refused: see the README`)
    }
  })

// A MongoDB URI may list several hosts, which no URL parser takes.
const mongoUri = text
  .refine((value) => /^mongodb(\+srv)?:\/\/[^/]+/.test(value), 'expected mongodb://… or mongodb+srv://…')
  .superRefine((value, context) => {
    for (const option of refusedMongoOptions(value)) {
      context.addIssue(`the option ${option} is refused, or has a value that is: see the README`)
    }
  })

/** Values with commas between them. */
const several = text.transform((value) => value.split(',').map((item) => item.trim()))

const list = <T extends string>(values: readonly [T, ...T[]]) =>
  several
    .pipe(z.array(z.enum(values)).nonempty())
    .refine((items) => new Set(items).size === items.length, 'expected each value once')

/** Requests that one isolate takes in one call at most. */
const LARGEST_RESERVE = 10_000

const json = text.transform((value, context): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    context.addIssue('expected JSON')
    return z.NEVER
  }
})

/** For objects in JSON: zod's own message repeats the name of a key that it does not know. */
const only = (names: string) => ({
  error: (issue: { readonly code?: string | undefined }) =>
    issue.code === 'unrecognized_keys' ? `expected ${names} only` : undefined,
})

const tenants = json.pipe(
  z.record(
    TenantId,
    z.strictObject({ tier: z.enum(TIERS).optional(), engine: z.enum(ENGINES) }, only('tier and engine')),
  ),
)

const whole = (min: number, max: number) => z.number().int().min(min).max(max)

/** Requests a minute that somebody may make. */
const MAX_RATE = 1e9
export const RateLimit = whole(1, MAX_RATE)

const tierSettings = z
  .strictObject(
    { size: whole(1, 1000), weight: whole(1, 1000), shards: whole(1, 64), rate_limit: RateLimit },
    only('size, weight, shards and rate_limit'),
  )
  .partial()

const tiers = json.pipe(z.partialRecord(z.enum(TIERS), tierSettings, only(TIERS.join(', '))))

const placement = json.pipe(z.partialRecord(z.enum(TIERS), z.enum(PLACEMENTS), only(TIERS.join(', '))))

const reserve = text.transform((value, context) => {
  if (value === 'auto') return value
  const parsed = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (parsed <= LARGEST_RESERVE) return parsed
  context.addIssue(`expected auto or a whole number from 0 to ${LARGEST_RESERVE}`)
  return z.NEVER
})

const onOff = text.pipe(z.enum(['on', 'off'])).transform((value) => value === 'on')

/** developers.cloudflare.com/durable-objects/reference/data-location, 2026-06-19 */
const LOCATIONS = [
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'apac-ne',
  'apac-se',
  'oc',
  'afr',
  'me',
] as const

const directoryKeys = several.pipe(
  z.array(
    z
      .string()
      .regex(
        /^[A-Za-z0-9+/]{43}=$/,
        'expected 32 bytes in base64 (openssl rand -base64 32), or several of them',
      ),
  ),
)

const SecretText = text.pipe(z.string().min(32, 'expected at least 32 characters'))

/** Each costs a Ledger, and every host a pool on each. */
const MOST_REPLICAS = 16

/** A reserve of three connections is never granted, and a MongoDB pool takes two. */
const SMALLEST_SERVER = 5

/** What all tenants of a host may keep of its 128 MB, on each of two clusters. */
export const QUERY_CACHE_HOST_BYTES = 32 * 1024 * 1024

/** Every variable of a deployment; wrangler.toml and the README say what each is for. */
export const Variables = z.object({
  DB_ENV: text.pipe(z.enum(['development', 'production', 'test'])).default('production'),
  DB_POOL_MIN_SIZE: number(0, 1000).optional(),
  DB_POOL_MAX_SIZE: number(1, 1000).optional(),
  DB_POOL_COMMAND_TIMEOUT: seconds(0.05, 600).optional(),
  DB_POOL_MAX_QUERIES: number(1, 1e9).optional(),
  DB_POOL_MAX_INACTIVE_CONNECTION_LIFETIME: seconds(1, 86_400).optional(),
  DB_POOL_TIMEOUT: seconds(0.05, 300).default(30),
  DB_REQUEST_TIMEOUT: seconds(0.1, 600).default(60),
  DB_POOL_RECYCLE: seconds(1, 86_400).default(840),
  DB_POOL_MAX_WAITING: number(1, 100_000).optional(),
  POOL_CACHE_MAX: number(1, 10_000).default(100),
  METRICS_TENANT_LABELS: number(0, 10_000).default(100),
  SLOW_QUERY_MS: number(1, 600_000).default(1000),
  SERVER_TIMING: onOff.default(true),
  QUERY_CACHE_TTL: seconds(0, 86_400).default(300),
  QUERY_CACHE_MAX_BYTES: number(1024, QUERY_CACHE_HOST_BYTES).default(1024 * 1024),
  QUERY_CACHE_MAX_ENTRIES: number(1, 100_000).default(1000),

  DB_PRIMARY_DB_URL: postgresUrl.optional(),
  DB_REPLICA_DB_URL: several
    .transform((urls): unknown[] => urls)
    .pipe(z.array(postgresUrl).max(MOST_REPLICAS))
    .default([]),
  DB_REPLICA_WRITE_PIN: seconds(0, 3600).default(5),
  EVENTUAL_READS: list(READS).default([]),
  NEON_HTTP_ENDPOINT: url('https:', 'http:').optional(),
  NEON_WS_PROXY: several
    .pipe(z.array(z.string().regex(/^[\w.-]+:\d+\/\S*$/, 'expected host:port/path')))
    .default([]),
  MONGODB_URI: mongoUri.optional(),
  POSTGRES_MAX_CONNECTIONS: number(SMALLEST_SERVER, 1_000_000).optional(),
  POSTGRES_REPLICA_MAX_CONNECTIONS: number(SMALLEST_SERVER, 1_000_000).optional(),
  MONGODB_MAX_CONNECTIONS: number(SMALLEST_SERVER, 1_000_000).optional(),
  DEFAULT_ENGINE: text.pipe(z.enum(ENGINES)).default('postgres'),
  TENANTS: tenants.default({}),
  TIERS: tiers.default({}),
  TIER_BY_PREFIX: onOff.default(false),
  PLACEMENT: placement.default({}),
  STRATEGY: text.pipe(z.enum(['tiers', 'auto', ...PLACEMENTS])).default('tiers'),
  PLACEMENT_GROUPS: number(1, 1000).default(10),
  GROUP_POOL_SIZE: number(1, 1000).default(50),
  SHARED_POOL_SIZE: number(1, 1000).default(100),
  LOCATION_HINT: text.pipe(z.enum(LOCATIONS)).optional(),

  TENANT_SOURCES: list(['jwt', 'header', 'query']).default(['jwt']),
  JWT_SECRET: SecretText.optional(),
  JWT_JWKS_URL: url('https:', 'http:').optional(),
  JWT_ALGORITHM: text.pipe(z.enum(['HS256', 'RS256', 'ES256'])).optional(),
  JWT_ISSUER: text.optional(),
  JWT_AUDIENCE: text.optional(),
  REGISTRATION: text.pipe(z.enum(['open', 'admin'])).default('admin'),
  TENANT_DOMAIN: text
    .transform((value) => value.toLowerCase())
    .refine((value) => /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(value), 'expected a domain such as app.example.com')
    .optional(),
  ADMIN_TOKEN: SecretText.optional(),

  RATE_LIMITS: onOff.optional(),
  RATE_LIMIT_ALGORITHM: text.pipe(z.enum(ALGORITHMS)).default('sliding_window'),
  RATE_LIMIT_TIMEOUT_MS: number(1, 10_000).default(200),
  RATE_LIMIT_FAILURE: text.pipe(z.enum(FAILURES)).default('local'),
  RATE_LIMIT_RESERVE: reserve.default('auto'),
  RATE_LIMIT_ADDRESS: number(1, MAX_RATE).default(120),
  RATE_LIMIT_ADMIN: number(1, MAX_RATE).default(600),

  UPSTASH_REDIS_REST_URL: url('https:', 'http:').optional(),
  UPSTASH_REDIS_REST_TOKEN: text.optional(),
  ENROLLMENT: text.pipe(z.enum(['open', 'closed'])).optional(),
  DIRECTORY_KEY: directoryKeys.default([]),
  ALLOW_PRIVATE_DATABASES: onOff.default(false),
})

export type Variables = z.infer<typeof Variables>

/**
 * The variables that are set: an empty one counts as not set. Left out here because a schema that finds one empty can
 * no longer fall back on its default.
 */
export function setVariables(env: object): object {
  return Object.fromEntries(
    Object.entries(env).filter(([, value]) => typeof value !== 'string' || value.trim() !== ''),
  )
}

/** A variable and why its value cannot be used. Never the value. */
export interface VariableFault {
  readonly variable: string
  readonly reason: string
}

/** The faults that lie between variables, each under the name of the one to change. */
export function crossFaults(v: Variables): VariableFault[] {
  const faults: VariableFault[] = []
  const fault = (variable: keyof Variables, reason: string) => faults.push({ variable, reason })
  const engines = new Set([v.DEFAULT_ENGINE, ...Object.values(v.TENANTS).map((tenant) => tenant.engine)])

  if (engines.has('postgres') && !v.DB_PRIMARY_DB_URL) {
    fault('DB_PRIMARY_DB_URL', 'needed: DEFAULT_ENGINE or a tenant uses postgres')
  }
  if (engines.has('mongo') && !v.MONGODB_URI) {
    fault('MONGODB_URI', 'needed: DEFAULT_ENGINE or a tenant uses mongo')
  }
  if (v.DB_REPLICA_DB_URL.length > 0 && !v.DB_PRIMARY_DB_URL) {
    fault('DB_PRIMARY_DB_URL', 'needed beside DB_REPLICA_DB_URL')
  }
  if (v.NEON_WS_PROXY.length > 0 && v.NEON_WS_PROXY.length !== 1 + v.DB_REPLICA_DB_URL.length) {
    fault('NEON_WS_PROXY', 'expected one for DB_PRIMARY_DB_URL and one for each of DB_REPLICA_DB_URL')
  }
  if (v.NEON_WS_PROXY.length > 0 && v.DB_ENV === 'production') {
    fault('NEON_WS_PROXY', 'refused in production: it carries Postgres without TLS')
  }
  if (v.NEON_HTTP_ENDPOINT?.startsWith('http:') && v.DB_ENV === 'production') {
    fault('NEON_HTTP_ENDPOINT', 'refused in production without TLS')
  }
  if (v.ALLOW_PRIVATE_DATABASES && v.DB_ENV === 'production') {
    fault('ALLOW_PRIVATE_DATABASES', 'refused in production: tenants could reach what is not theirs')
  }
  if (v.TENANT_SOURCES.includes('jwt') && !v.JWT_SECRET && !v.JWT_JWKS_URL) {
    fault('JWT_SECRET', 'needed (or JWT_JWKS_URL): TENANT_SOURCES has jwt')
  }
  if (v.JWT_SECRET && v.JWT_JWKS_URL) {
    fault('JWT_JWKS_URL', 'one of JWT_SECRET and JWT_JWKS_URL, not both')
  }
  // A public key taken for an HMAC secret is how tokens get forged (RFC 8725 section 3.1): the kinds never mix.
  const symmetric = (v.JWT_ALGORITHM ?? 'HS256') === 'HS256'
  if (v.JWT_SECRET && !symmetric) fault('JWT_ALGORITHM', 'HS256 is the one that goes with JWT_SECRET')
  if (v.JWT_JWKS_URL && v.JWT_ALGORITHM === 'HS256') {
    fault('JWT_ALGORITHM', 'RS256 or ES256 goes with JWT_JWKS_URL')
  }
  if (Boolean(v.UPSTASH_REDIS_REST_URL) !== Boolean(v.UPSTASH_REDIS_REST_TOKEN)) {
    fault(
      v.UPSTASH_REDIS_REST_URL ? 'UPSTASH_REDIS_REST_TOKEN' : 'UPSTASH_REDIS_REST_URL',
      'needed: the URL and the token go together',
    )
  }
  if (v.RATE_LIMITS && !v.UPSTASH_REDIS_REST_URL) {
    fault('RATE_LIMITS', 'on needs UPSTASH_REDIS_REST_URL: limits are counted in Redis')
  }
  return faults
}
