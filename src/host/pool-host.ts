import { DurableObject } from 'cloudflare:workers'
import { type Config, configOf } from '../config.ts'
import type { Deadline } from '../deadline.ts'
import { loadEngine } from '../engines/load.ts'
import type { Env } from '../env.ts'
import type { Recall, RecallAnswer } from '../ledger/grant.ts'
import { PoolCache } from '../pools/cache.ts'
import type { Client } from '../pools/candidate.ts'
import { systemClock } from '../pools/clock.ts'
import { isReplica } from '../pools/cluster.ts'
import type { Lease } from '../pools/lease.ts'
import type { Pauses } from '../pools/pauses.ts'
import type { PoolSpec } from '../pools/pool-spec.ts'
import { RequestUsage, type Spent } from '../pools/request-usage.ts'
import type { CloseReason, Cluster, PoolStatistics } from '../pools/statistics.ts'
import { Problem } from '../problem.ts'
import { routes } from '../routes/app.ts'
import { provision, unprovision } from '../routes/provision.ts'
import { isSafe } from '../routes/safe.ts'
import { runSignInRequest, type SignInRequest } from '../routes/users/sign-in-request.ts'
import { userStore } from '../routes/users/store.ts'
import type { User } from '../routes/users/user.ts'
import { log } from '../telemetry/log.ts'
import { recentEvents } from '../telemetry/recent-events.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { wholeAboveZero } from '../whole.ts'
import { Admission } from './admission.ts'
import { type Call, readCall } from './call.ts'
import { askServer, inspect, type PoolInspection } from './inspection.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { OwnDatabases } from './own-databases.ts'
import { logLease, logPool, logStatistics } from './pool-log.ts'
import { PoolStats } from './pool-stats.ts'
import { Presences } from './presences.ts'
import { type ProbeResult, probe } from './probe.ts'
import { routeCache } from './queries/route-cache.ts'
import { type ReadLeases, Reads } from './reads.ts'
import { type RecycleResult, recycle } from './recycle.ts'
import { Reporter } from './reporter.ts'
import { CLUSTER_OF, leaseRequest, poolSpec, replicaKeys, replicaPlace, replicaRequest } from './specs.ts'
import { writeSpent } from './spent.ts'
import { Tenancies } from './tenancies.ts'
import { timedLease } from './timed-lease.ts'
import { tryDatabase } from './trial.ts'

/** What goes with one call through the host. */
interface Account {
  /** Lets it in, once. */
  readonly admission: Admission
  readonly usage: RequestUsage
  readonly deadline: Deadline
  readonly client?: Client
}

/** What became of a sign-in's request, and what it spent here. */
export interface SignInAnswer {
  readonly outcome: Outcome<User | null>
  readonly spent: Spent
}

/**
 * Owns the sockets of the pools that are placed on it, and runs the tenants' requests beside them. One live instance
 * in the world per name. Sockets belong to this object and never to a module variable: an isolate can hold several
 * objects, and a socket opened by one is dead for another (docs/decisions/0001).
 */
export class PoolHost extends DurableObject<Env> {
  readonly #config: Config
  readonly #pools: PoolCache
  readonly #reporter: Reporter
  readonly #tenancies = new Tenancies(() => systemClock.now())
  readonly #ownDatabases: OwnDatabases
  readonly #presences: Presences
  readonly #reads: Reads
  /** Pools whose server is to be asked how many connections it takes. */
  readonly #asked = new Set<string>()
  readonly #stats = new PoolStats({
    clock: systemClock,
    pools: () => this.#pools.statistics(),
    tell: (pool) => logStatistics(this.#name, pool),
  })

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const result = configOf(env)
    // The edge answers 503 before it calls a host in a deployment like that.
    if (!result.ok) throw new Problem('config_invalid')
    this.#config = result.config
    this.#ownDatabases = new OwnDatabases(result.config.directoryKeys)
    this.#reads = new Reads({
      host: this.#name,
      replicas: result.config.postgres.replicas.map(({ cluster }) => cluster),
      writePinMs: result.config.postgres.writePinMs,
      clock: systemClock,
      random: Math.random,
      onChange: (cluster) => {
        // Its Ledger is told of a ban even when no pool could be opened there.
        this.#presences.on(cluster)
        this.#reporter.changed()
      },
    })
    this.#reporter = new Reporter({
      clock: systemClock,
      random: Math.random,
      send: () => this.#presences.report(),
      isUrgent: () => this.#presences.isUnknown,
      isLive: () => !this.#pools.isEmpty() || this.#presences.isHolding,
    })
    this.#pools = new PoolCache({
      engine: (spec) => loadEngine(spec.target.engine),
      quota: {
        claim: async (pool, isWanted) =>
          this.#presences.grantsOf(pool)?.claim(pool, isWanted) ?? pool.spec.maxSize,
        askForMore: (pool) => this.#presences.grantsOf(pool)?.askForMore(pool),
        giveBack: (pool, size) => this.#presences.grantsOf(pool)?.giveBack(pool, size),
      },
      maxPools: result.config.poolCacheMax,
      drainMs: result.config.pool.timeoutMs,
      lifetimeMs: result.config.pool.lifetimeMs,
      slowQueryMs: result.config.slowQueryMs,
      clock: systemClock,
      random: Math.random,
      onEvent: (event) => {
        logPool(this.#name, event)
        if (event.event === 'pool.opened') void this.#tellMax(event.pool)
        // One that could not be opened tells nothing.
        else this.#asked.delete(event.pool.id)
        this.#stats.review()
      },
      onNotice: (notice) => logLease(this.#name, notice),
      onChange: () => this.#reporter.changed(),
    })
    this.#presences = new Presences({
      host: this.#name,
      // Which life of this host this is; its counters begin at zero.
      instance: crypto.randomUUID(),
      pools: this.#pools,
      clock: systemClock,
      queries: { ...this.#config.queryCache, commandTimeoutMs: this.#config.pool.commandTimeoutMs },
      ledger: (cluster) => this.env.LEDGER.getByName(cluster),
      events: recentEvents,
      bannedUntil: (cluster) => (isReplica(cluster) ? this.#reads.bannedUntil(cluster) : undefined),
      onChange: () => this.#reporter.changed(),
      onUnreachable: ({ spec: { cluster, key } }) =>
        log({ event: 'ledger.unreachable', host: this.#name, cluster, pool: key }),
      onAsked: (pool) => this.#asked.add(pool.id),
    })
  }

  /** Runs one tenant's request. Every ending is a response: what is thrown here would lose its code on the way. */
  override async fetch(request: Request): Promise<Response> {
    const call = readCall(request.headers)
    const { tenant, caller, requestId } = call
    const usage = new RequestUsage(call)
    const deadline = this.#deadlineOf(call)
    const admission = new Admission(() => this.#pass(call, deadline, request))
    const leases = this.#readLeases(call, { admission, usage, deadline, client: request })
    let writes = false
    const response = await routes.fetch(request, {
      tenant,
      caller,
      requestId,
      onRoute: (pattern) => usage.routed(pattern),
      onProblem: (problem) => {
        const answered = this.#mended(call, problem)
        usage.refused(answered)
        return answered
      },
      eventualReads: this.#config.eventualReads,
      lease: () => {
        writes ||= !isSafe(request.method)
        return leases.primary()
      },
      read: (consistency, work) => this.#reads.run(tenant, consistency, leases, work),
      cache: routeCache(this.#presences.on(CLUSTER_OF[tenant.engine]).queries, call, admission),
    })
    if (writes) this.#reads.noteWrite(tenant)
    writeSpent(response.headers, usage.spent())
    return response
  }

  /**
   * Runs what sign-in asks of a tenant's users. A method and no route: nothing that a client sends can come here, however
   * it spells a URL.
   */
  async signIn(call: Call, request: SignInRequest): Promise<SignInAnswer> {
    const usage = new RequestUsage(call)
    const outcome = await outcomeOf(call.requestId, async () => {
      const deadline = this.#deadlineOf(call)
      const admission = new Admission(() => this.#pass(call, deadline))
      await using lease = await this.#lease(call, { admission, usage, deadline })
      return runSignInRequest(userStore(lease.connection, call.tenant), request)
    })
    if (request.action !== 'find') this.#reads.noteWrite(call.tenant)
    return { outcome, spent: usage.spent() }
  }

  /** The pool of `key` and what its server counts, or `null` when there is no such pool. */
  inspect(key: string): Promise<PoolInspection | null> {
    return inspect(this.#pools, this.#config, [key, ...replicaKeys(this.#config, key)])
  }

  /** Closes the pool of `key`, and those beside it on replicas, once their leases are back; `false` when there is none. */
  async close(key: string, reason: CloseReason = 'drained'): Promise<boolean> {
    const keys = [key, ...replicaKeys(this.#config, key)]
    const results = await Promise.all(keys.map((one) => this.#pools.close(one, reason)))
    const closed = results.includes(true)
    if (closed) await this.#reporter.flush()
    return closed
  }

  /** Closes every pool; the answer is how many there were. */
  async closeAll(): Promise<number> {
    const closed = await this.#pools.closeAll()
    if (closed > 0) await this.#reporter.flush()
    return closed
  }

  /** Replaces the pool of `key` by a new one, without refusing anybody; on replicas the next read opens a new one. */
  async recycle(key: string): Promise<RecycleResult> {
    const result = await recycle(this.#pools, key, this.#config.requestTimeoutMs)
    for (const one of replicaKeys(this.#config, key)) void this.#pools.close(one, 'recycled')
    if (result.recycled) await this.#reporter.flush()
    return result
  }

  /** Asks the database of a call for one sign of life, on a connection that is closed again. */
  trial(call: Call): Promise<Outcome> {
    return outcomeOf(call.requestId, async () => tryDatabase(this.#pools, await this.#specOf(call)))
  }

  /** Prepares a tenant's schema or database before its first request; finishes a deletion that was not. */
  prepare(call: Call): Promise<Outcome> {
    return outcomeOf(call.requestId, async () => {
      this.#tenancies.readmit(call.tenant)
      await using lease = await this.#leaseOf(call)
      await provision(lease.connection, call.tenant)
    })
  }

  /** Serves a deleted tenant no more, and closes the pools of its own; the answer is how many there were. */
  async expel(tenant: Tenant): Promise<number> {
    this.#tenancies.expel(tenant)
    this.#presences.forget(tenant.id)
    const keys = this.#pools.statistics().flatMap((pool) => (pool.tenant === tenant.id ? [pool.key] : []))
    const closed = await Promise.all(keys.map((key) => this.#pools.close(key)))
    await this.#reporter.flush()
    return closed.filter(Boolean).length
  }

  /** Drops all that a tenant has. */
  purge(call: Call): Promise<Outcome> {
    return outcomeOf(call.requestId, async () => {
      await using lease = await this.#leaseOf(call)
      await unprovision(lease.connection, call.tenant)
    })
  }

  /** Takes in what is paused on `cluster`, and lets go who is not any more. */
  applyPauses(cluster: Cluster, pauses: Pauses): void {
    this.#presences.find(cluster)?.applyPauses(pauses)
  }

  /** Gives connections back that the cluster's Ledger needs elsewhere. */
  recall(cluster: Cluster, recall: Recall): RecallAnswer {
    return this.#presences.find(cluster)?.grants.recall(recall) ?? 'unknown'
  }

  /** Asks each of `clusters` for a sign of life, on a pool of one connection that is kept for the next time. */
  async probe(clusters: readonly Cluster[]): Promise<ProbeResult[]> {
    for (const cluster of clusters) this.#presences.on(cluster)
    return Promise.all(clusters.map((cluster) => probe(this.#pools, this.#config, this.#name, cluster)))
  }

  get #name(): string {
    return this.ctx.id.name ?? this.ctx.id.toString()
  }

  async #lease(call: Call, account: Account): Promise<Lease> {
    const lease = await timedLease(account.usage, async () => {
      await account.admission.pass()
      return this.#admitted(call, account)
    })
    try {
      await this.#tenancies.ensure(call.tenant, call.pool, () => provision(lease.connection, call.tenant))
    } catch (error) {
      await lease.release()
      throw error
    }
    return lease
  }

  #readLeases(call: Call, account: Account): ReadLeases {
    const { host, pool, tenant } = call
    const { admission, usage, deadline, client } = account
    return {
      admit: () => admission.pass(),
      primary: () => this.#lease(call, account),
      replica: (cluster) => {
        const spec = poolSpec(this.#config, { host, place: replicaPlace(pool, cluster), cluster })
        const request = { ...leaseRequest(this.#config, tenant), usage, client, deadline }
        return timedLease(usage, () => this.#pools.lease(spec, replicaRequest(request)))
      },
    }
  }

  /** A lease for what the edge itself does with a tenant's database. */
  async #leaseOf(call: Call): Promise<Lease> {
    const deadline = this.#deadlineOf(call)
    await this.#passGate(call, deadline)
    return this.#admitted(call, { usage: new RequestUsage(call), deadline })
  }

  /** Lets a tenant's request in. Throws what `Tenancies.admit` and `PauseGate.pass` throw. */
  async #pass(call: Call, deadline: Deadline, client?: Client): Promise<void> {
    this.#tenancies.admit(call.tenant)
    await this.#passGate(call, deadline, client)
  }

  async #passGate({ tenant, pool }: Call, deadline: Deadline, client?: Client): Promise<void> {
    const presence = this.#presences.on(CLUSTER_OF[tenant.engine])
    presence.touch(tenant.id, pool.tenant)
    await presence.gate.pass({ ...leaseRequest(this.#config, tenant), client, deadline })
  }

  /** A lease of the pool of a call that was let in. */
  async #admitted(call: Call, { usage, deadline, client }: Omit<Account, 'admission'>): Promise<Lease> {
    const spec = await this.#specOf(call)
    return this.#pools.lease(spec, { ...leaseRequest(this.#config, call.tenant), usage, deadline, client })
  }

  /** A schema or table that is gone, dropped or not restored yet, is made again with the next request. */
  #mended({ tenant, pool }: Call, problem: Problem): Problem {
    const { fault } = problem
    const isMissing = fault === 'postgres 42P01' || fault === 'postgres 3F000'
    if (!isMissing || !this.#tenancies.doubt(tenant, pool)) return problem
    return new Problem('schema_missing', { fault })
  }

  /** When a call's answer is due: every wait of it takes what is left, so that their sum is bounded. */
  #deadlineOf({ leftMs }: Call): Deadline {
    return { at: systemClock.now() + (leftMs ?? this.#config.requestTimeoutMs) }
  }

  async #specOf({ host, pool: place, tenant }: Call): Promise<PoolSpec> {
    const ownUrl = await this.#ownDatabases.urlOf(tenant)
    return poolSpec(this.#config, { host, place, cluster: CLUSTER_OF[tenant.engine], ownUrl })
  }

  /** Tells the Ledger how many connections the server takes, once a pool that it has asked about is open. */
  async #tellMax({ id, key, cluster }: PoolStatistics): Promise<void> {
    if (!this.#asked.delete(id)) return
    try {
      const server = await askServer(this.#pools, this.#config, key)
      await this.env.LEDGER.getByName(cluster).learnMax(wholeAboveZero(server?.max) ?? null)
    } catch {
      // The next pool that opens is asked again.
    }
  }
}
