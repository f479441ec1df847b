import { type Config, parseConfig } from '../../../src/config.ts'
import { placesOf } from '../../../src/edge/place.ts'
import { LastSeen } from '../../../src/host/last-seen.ts'
import { type Entry, Fleet } from '../../../src/ledger/fleet.ts'
import { type Recommendation, recommend } from '../../../src/ledger/recommendation.ts'
import { NO_COUNTERS } from '../../../src/pools/counters.ts'
import type { Strategy } from '../../../src/tenants/strategy.ts'
import { LEAST } from './pool-variables.ts'

const STEP_MS = 10_000
/** A host with nothing to do for as long has closed its pool, and reports no more. */
const IDLE_MS = 300_000
/** As the Ledger does: an unchanged host's row is written this often. */
const REWRITE_MS = 60_000

interface Host {
  readonly instance: string
  readonly seen: LastSeen
  touchedAt: number
}

/**
 * Tenants under `auto`, the hosts that they run on, two isolates that hear of a change at different times, and the
 * Ledger with what it stores: all real but the objects and the network between them. Time goes in steps of 10 s.
 */
export class SimulatedFleet {
  /** What was recommended after each step. */
  readonly strategies: Strategy[] = []
  readonly #random: () => number
  readonly #config: Config
  readonly #known: Strategy[] = ['grouped', 'grouped']
  readonly #hosts = new Map<string, Host>()
  readonly #nextAt = new Map<string, number>()
  readonly #stored = new Map<string, Entry>()
  #fleet = new Fleet()
  #recommendation: Recommendation | undefined
  #now = 0
  #lives = 0

  constructor(random: () => number) {
    const result = parseConfig({ ...LEAST, STRATEGY: 'auto' })
    if (!result.ok) throw new Error(JSON.stringify(result.faults))
    this.#config = result.config
    this.#random = random
  }

  /** What the Ledger counts now. */
  get counted(): number {
    return this.#fleet.activeTenants(this.#now)
  }

  /** Lets `tenants` tenants send requests, each one every one to four minutes. */
  run(tenants: number, minutes: number): void {
    for (const end = this.#now + minutes * 60_000; this.#now < end; this.#now += STEP_MS) {
      for (let n = 0; n < tenants; n++) this.#maybeSend(`t${n}`)
      this.#report()
      this.#recommendation = recommend(this.#recommendation, this.counted, this.#now)
      this.strategies.push(this.#recommendation.strategy)
      for (const isolate of this.#known.keys()) {
        if (this.#random() < 0.5) this.#known[isolate] = this.#recommendation.strategy
      }
    }
  }

  /** Every object goes at once and comes back with what it stored, as after a deploy. */
  reset(): void {
    this.#hosts.clear()
    this.#fleet = new Fleet(structuredClone({ entries: [...this.#stored.values()], past: NO_COUNTERS }))
  }

  #maybeSend(tenant: string): void {
    const nextAt = this.#nextAt.get(tenant)
    if (nextAt === undefined || nextAt <= this.#now) this.#nextAt.set(tenant, this.#now + this.#pause())
    if (nextAt === undefined || nextAt > this.#now) return
    const inForce = this.#known[this.#random() < 0.5 ? 0 : 1] ?? 'grouped'
    const [place] = placesOf({ id: tenant, tier: 'free', engine: 'postgres' }, this.#config, inForce)
    if (place.kind === 'isolate') throw new Error('auto never runs a tenant without a host')
    const host = this.#hosts.get(place.host) ?? this.#started(place.host)
    host.seen.touch(tenant, this.#now)
    host.touchedAt = this.#now
  }

  #pause(): number {
    return 60_000 + this.#random() * 180_000
  }

  #started(name: string): Host {
    const host = { instance: `life-${this.#lives++}`, seen: new LastSeen(), touchedAt: this.#now }
    this.#hosts.set(name, host)
    return host
  }

  #report(): void {
    for (const [name, { instance, seen, touchedAt }] of this.#hosts) {
      if (this.#now - touchedAt > IDLE_MS) continue
      const active = seen.listActive(this.#now)
      const report = {
        host: name,
        instance,
        cluster: 'postgres' as const,
        pools: [],
        counters: NO_COUNTERS,
        active_tenants: seen.countActive(this.#now),
        ...(active && { active }),
      }
      this.#fleet.record(report, this.#now)
      const stored = this.#stored.get(name)
      if (stored?.report.instance !== instance || this.#now - stored.at >= REWRITE_MS) {
        this.#stored.set(name, { report, at: this.#now })
      }
    }
    this.#fleet.forgetSilent(this.#now)
  }
}
