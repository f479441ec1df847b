import type { Redis } from '@upstash/redis'
import type { LimitSettings } from '../../limit-settings.ts'
import { LruMap } from '../../lru-map.ts'
import { log } from '../../telemetry/log.ts'
import { Circuit, type CircuitState } from './circuit.ts'
import { type KeepAlive, Limiter } from './limiter.ts'
import type { LimitPolicy, Quota, Verdict } from './quota.ts'

/** Limits that differ: one per tier, and those that tenants have of their own. */
const MAX_LIMITERS = 100
/** Tenants whose limit an isolate remembers. */
const MAX_REMEMBERED = 10_000
const WINDOW_MS = 60_000

export interface LimitsOptions {
  readonly redis: Redis
  readonly settings: LimitSettings
  readonly now: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** How long a limit counts. @default a minute */
  readonly windowMs?: number
}

/** Who asks. */
export interface LimitRequest {
  readonly policy: LimitPolicy
  /** Unique under its policy. */
  readonly key: string
  /** Requests a window. */
  readonly limit: number
  readonly keepAlive: KeepAlive
}

/** Every limit of a deployment, as one isolate enforces it: one limiter per distinct limit, built when it is needed. */
export class Limits {
  readonly #redis: Redis
  readonly #settings: LimitSettings
  readonly #timing: Pick<LimitsOptions, 'now' | 'random' | 'sleep'>
  readonly #windowMs: number
  readonly #limiters = new LruMap<number, Limiter>(MAX_LIMITERS)
  readonly #known = new LruMap<string, number>(MAX_REMEMBERED)
  readonly #circuit: Circuit

  constructor({ redis, settings, windowMs = WINDOW_MS, ...timing }: LimitsOptions) {
    this.#redis = redis
    this.#settings = settings
    this.#timing = timing
    this.#windowMs = windowMs
    const { failure } = settings
    this.#circuit = new Circuit(timing.now, (state) =>
      log(state === 'failing' ? { event: 'limiter.down', failure } : { event: 'limiter.up' }),
    )
  }

  get state(): CircuitState {
    return this.#circuit.state
  }

  /** Counts one request. Never throws: a Redis that fails is an outcome. */
  async admit({ policy, key: name, limit, keepAlive }: LimitRequest): Promise<Verdict> {
    const key = `${policy}:${name}`
    const limiter = this.#limiterOf(limit)
    const quota = limiter.takeHere(key, keepAlive) ?? (await limiter.take(key, keepAlive))
    return quota ? verdictOf(policy, quota) : this.#withoutRedis(policy, limiter.takeAlone(key))
  }

  /**
   * Counts one request of a tenant while its record is being read, in the time of the longer of the two. Until the
   * record is there the limit is the one that the tenant had last in this isolate, else `guess`; where that was wrong
   * the request is counted again, under the right limit. Counts of different limits are apart, so a wrong guess takes
   * nothing from the tenant.
   * @throws whatever `record` throws
   */
  async admitTenant(
    id: string,
    guess: number,
    record: Promise<number>,
    keepAlive: KeepAlive,
  ): Promise<Verdict> {
    const admit = (limit: number) => this.admit({ policy: 'tenant', key: id, limit, keepAlive })
    const guessed = this.#known.get(id) ?? guess
    const [verdict, limit] = await Promise.all([admit(guessed), record])
    if (limit === guessed) return verdict
    this.#known.set(id, limit)
    return admit(limit)
  }

  /**
   * What becomes of a request that this isolate alone has counted. `open` tells the caller nothing of what is left,
   * because nobody knows it, and `closed` is for tenants: an operator has to get in to see what is wrong, and health is
   * asked most when something is.
   */
  #withoutRedis(policy: LimitPolicy, own: Quota): Verdict {
    const { failure } = this.#settings
    if (!own.passed) return verdictOf(policy, own)
    if (failure === 'open') return { policy, limit: own.limit, outcome: 'unlimited' }
    if (failure === 'closed' && policy === 'tenant')
      return { policy, limit: own.limit, outcome: 'unavailable' }
    return verdictOf(policy, own)
  }

  #limiterOf(limit: number): Limiter {
    let limiter = this.#limiters.get(limit)
    if (!limiter) {
      limiter = new Limiter({
        redis: this.#redis,
        settings: this.#settings,
        limit,
        windowMs: this.#windowMs,
        ...this.#timing,
        call: (work) => this.#circuit.run(work),
      })
      this.#limiters.set(limit, limiter)
    }
    return limiter
  }
}

function verdictOf(policy: LimitPolicy, quota: Quota): Verdict {
  return { policy, limit: quota.limit, outcome: quota.passed ? 'passed' : 'refused', quota }
}
