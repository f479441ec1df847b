import type { Config } from '../config.ts'
import { loadPostgresHttp } from '../engines/load.ts'
import type { PostgresHttp } from '../engines/postgres-http.ts'
import { TimedPostgres } from '../engines/timed-postgres.ts'
import type { Env } from '../env.ts'
import { CLUSTER_OF } from '../host/specs.ts'
import { LruMap } from '../lru-map.ts'
import { systemClock } from '../pools/clock.ts'
import type { RequestUsage } from '../pools/request-usage.ts'
import { Problem } from '../problem.ts'
import { routes } from '../routes/app.ts'
import { NO_CACHE } from '../routes/cached.ts'
import { provision } from '../routes/provision.ts'
import { runSignInRequest, type SignInRequest } from '../routes/users/sign-in-request.ts'
import { userStore } from '../routes/users/store.ts'
import type { User } from '../routes/users/user.ts'
import { log } from '../telemetry/log.ts'
import type { Caller } from '../tenants/caller.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { IsolatePauses } from './isolate-pauses.ts'

/** Tenants whose query functions an isolate keeps. */
const MAX_KEPT = 10_000

interface Kept {
  readonly connection: PostgresHttp
  /** Whether the tenant's schema is known to be there. A fact, not a promise: no request awaits another's fetch. */
  provisioned: boolean
}

/** By tenant and when it was created, at module scope, warm from request to request: what is kept holds no socket. */
const kept = new LruMap<string, Kept>(MAX_KEPT)

/** What is paused, as far as this isolate knows. */
const pauses = new IsolatePauses(systemClock)

/**
 * Runs a tenant's request here, on Postgres over HTTP: no hop, no pool, no socket. What it spends goes on the account of
 * `usage`.
 */
export async function runHere(
  request: Request,
  { tenant, caller, usage }: { tenant: Tenant; caller: Caller; usage: RequestUsage },
  config: Config,
  env: Env,
): Promise<Response> {
  const prepared = await connectionFor({ tenant, usage }, config, env)
  return routes.fetch(request, {
    tenant,
    caller,
    requestId: usage.requestId,
    onRoute: (pattern) => usage.routed(pattern),
    onProblem: (problem) => {
      usage.refused(problem)
      return problem
    },
    eventualReads: config.eventualReads,
    cache: NO_CACHE,
    lease: async () => ({ connection: await prepared(), async [Symbol.asyncDispose]() {} }),
    // Which replicas are up is known where connections are: here every read is as fresh as can be.
    read: async (_, work) => ({ value: await work(await prepared()), servedBy: 'primary' }),
  })
}

/** Runs what sign-in asks of a tenant's users here. */
export async function signInHere(
  request: SignInRequest,
  account: Account,
  config: Config,
  env: Env,
): Promise<User | null> {
  const connection = await (await connectionFor(account, config, env))()
  return runSignInRequest(userStore(connection, account.tenant), request)
}

/** Whose request it is, and where its time is noted. */
interface Account {
  readonly tenant: Tenant
  readonly usage: RequestUsage
}

/** What gives a request its connection once its tenant may go on, with the tenant's schema prepared. */
async function connectionFor(
  { tenant, usage }: Account,
  config: Config,
  env: Env,
): Promise<() => Promise<TimedPostgres>> {
  const one = await keptFor(tenant, config)
  const { maxWaiting, timeoutMs } = config.pool
  const read = () => env.LEDGER.getByName(CLUSTER_OF[tenant.engine]).pauses()
  const connection = timed(one.connection, { tenant, usage }, config)
  return async () => {
    const asked = systemClock.now()
    try {
      await pauses.pass({ tenant: tenant.id, maxWaiting, timeoutMs, read })
    } finally {
      usage.waited(systemClock.now() - asked)
    }
    if (!one.provisioned) await provision(connection, tenant)
    one.provisioned = true
    return connection
  }
}

/** A tenant's connection for one request, which has its time taken. */
function timed(connection: PostgresHttp, { tenant, usage }: Account, { slowQueryMs }: Config): TimedPostgres {
  const { engine } = connection
  const { requestId, traceId } = usage
  return new TimedPostgres(connection, systemClock.now, ({ durationMs, shape }) => {
    usage.queried(durationMs)
    if (durationMs < slowQueryMs) return
    log({
      event: 'query.slow',
      engine,
      tenant: tenant.id,
      request_id: requestId,
      ...(traceId !== undefined && { trace_id: traceId }),
      duration_ms: durationMs,
      statement: shape(),
    })
  })
}

/** The connection on which a tenant without a host runs. Throws `database_unavailable` without a URL. */
export async function isolateConnection(tenant: Tenant, config: Config): Promise<PostgresHttp> {
  return (await keptFor(tenant, config)).connection
}

async function keptFor({ id, since = 0 }: Tenant, { postgres, pool }: Config): Promise<Kept> {
  if (postgres.primaryUrl === undefined) throw new Problem('database_unavailable')
  // Who is created again under the same id has nothing prepared yet.
  const key = `${id}@${since}`
  const known = kept.get(key)
  if (known) return known
  const PostgresHttp = await loadPostgresHttp()
  const connection = new PostgresHttp(postgres.primaryUrl, postgres.httpEndpoint, pool.commandTimeoutMs)
  // Another request may have been first.
  const one = kept.get(key) ?? { connection, provisioned: false }
  kept.set(key, one)
  return one
}
