import { parseConfig } from '../src/config.ts'
import { Variables } from '../src/variables.ts'
import { madeSecrets } from './local/secrets.ts'
import { stackVariables } from './local/stack-variables.ts'
import type { TcpTarget } from './local/tcp-proxy.ts'
import { plainServers, waysToPostgres } from './own-postgres.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface Fault {
  readonly variable: string
  readonly reason: string
}

/** What the environment says to a local run before anything of it is started. */
export interface LocalSettings {
  /** Where the Worker answers; 0 for any free port. */
  readonly port: number
  readonly stack: {
    readonly mongoUri: string | undefined
    readonly redisUrl: string | undefined
    readonly postgresServers: readonly TcpTarget[]
  }
}

/** A stack as it could be, to try the environment's variables on. */
const EXAMPLE = {
  primaryUrl: 'postgres://rockpool@127.0.0.1:1/rockpool',
  replicaUrl: 'postgres://rockpool@127.0.0.1:2/rockpool',
  wsProxies: ['127.0.0.1:3/v2', '127.0.0.1:4/v2'],
  httpEndpoint: 'http://127.0.0.1:3/sql',
  mongoUri: 'mongodb://127.0.0.1:5/',
  redisRestUrl: 'http://127.0.0.1:6',
} as const

const DEFAULT_PORT = '8787'

/**
 * Reads what the environment sets, and refuses it before databases are started and data are touched.
 * @throws {Error} that names every variable that cannot be used, as the Worker itself would log it
 */
export function localSettings(env: Environment = process.env): LocalSettings {
  // An empty one counts as not set, as everywhere.
  const [mongoUri, redisUrl] = [env.MONGODB_URI || undefined, env.REDIS_URL || undefined]
  const port = /^\d{1,5}$/.test(env.PORT || DEFAULT_PORT) ? Number(env.PORT || DEFAULT_PORT) : Number.NaN
  const example = stackVariables({ ...EXAMPLE, ...(mongoUri && { mongoUri }) }, madeSecrets())
  const faults = faultsOf(combined(example, env))
  if (!(port <= 65_535)) faults.push({ variable: 'PORT', reason: 'expected a whole number from 0 to 65535' })
  if (redisUrl && !/^rediss?:$/.test(URL.parse(redisUrl)?.protocol ?? '')) {
    faults.push({ variable: 'REDIS_URL', reason: 'expected redis://… or rediss://…' })
  }
  if (redisUrl && env.UPSTASH_REDIS_REST_URL) {
    faults.push({ variable: 'REDIS_URL', reason: 'one of REDIS_URL and UPSTASH_REDIS_REST_URL, not both' })
  }
  refuse(faults)
  return { port, stack: { mongoUri, redisUrl, postgresServers: plainServers(env) } }
}

/**
 * The variables of a local run: the stack's, and over them whatever of Rockpool's variables the environment sets.
 * @throws {Error} as `localSettings` does
 */
export function localVariables(stack: Readonly<Record<string, string>>, env: Environment = process.env) {
  const result = combined(stack, env)
  refuse(faultsOf(result))
  return result.variables
}

interface Combined {
  readonly variables: Record<string, string>
  readonly faults: readonly Fault[]
}

/** The stack's variables and the environment's, where what belongs together is never taken from both. */
function combined(stack: Readonly<Record<string, string>>, env: Environment): Combined {
  const own: Record<string, string> = {}
  for (const name of Object.keys(Variables.shape)) {
    const value = env[name]
    // MONGODB_URI has already decided what the stack stands in front of.
    if (value !== undefined && name !== 'MONGODB_URI') own[name] = value
  }
  const faults: Fault[] = []
  const variables = { ...stack }
  try {
    Object.assign(variables, waysToPostgres(stack, own))
  } catch (error) {
    faults.push({ variable: 'DB_REPLICA_DB_URL', reason: (error as Error).message })
    variables.NEON_WS_PROXY = ''
  }
  // A token of one's own is not for the stack's Redis, nor the stack's for a Redis of one's own.
  if (REDIS.some((name) => own[name] !== undefined)) for (const name of REDIS) variables[name] = ''
  // One key for tokens: JWT_SECRET and JWT_JWKS_URL exclude each other.
  if (own.JWT_JWKS_URL) variables.JWT_SECRET = ''
  return { variables: Object.assign(variables, own), faults }
}

const REDIS = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']

function faultsOf({ variables, faults }: Combined): Fault[] {
  const result = parseConfig(variables)
  return [...faults, ...(result.ok ? [] : result.faults)]
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return
  const list = faults.map(({ variable, reason }) => `  ${variable}: ${reason}`)
  throw new Error(`This configuration cannot be used:\n${list.join('\n')}`)
}
