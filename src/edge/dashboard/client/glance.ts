import type { DashboardView, ServiceRow } from '../contract.ts'
import { element, part, setAttribute, setText } from './dom.ts'
import { count, counted, millis } from './format.ts'
import { KeyedList } from './keyed-list.ts'

const HEALTH_WORDS = { healthy: 'Healthy', degraded: 'Degraded', unhealthy: 'Unhealthy' } as const
const LIMITER_WORDS = { off: 'Limiter off', working: 'Limiter working', failing: 'Limiter failing' } as const
const LIMITER_LIGHTS = { off: 'unknown', working: 'healthy', failing: 'unhealthy' } as const

/** The fleet in one strip: lights, active tenants, strategy, what is paused. */
export class Glance {
  readonly #health = part('health', HTMLElement)
  readonly #limiter = part('limiter', HTMLElement)
  readonly #activeTenants = part('active-tenants', HTMLElement)
  readonly #strategy = part('strategy', HTMLElement)
  readonly #placements = part('placements', HTMLElement)
  readonly #paused = part('paused-count', HTMLElement)
  readonly #services = new KeyedList<ServiceRow>(
    part('services', HTMLElement),
    ({ name }) => name,
    serviceLight,
  )

  update({ status, services, limiter, active_tenants, strategy, paused }: DashboardView): void {
    setAttribute(this.#health, 'data-status', status)
    setText(this.#health, HEALTH_WORDS[status])
    setAttribute(this.#limiter, 'data-status', LIMITER_LIGHTS[limiter.state])
    setText(this.#limiter, LIMITER_WORDS[limiter.state])
    this.#services.update(services)
    setText(this.#activeTenants, count(active_tenants))
    const { configured, in_force } = strategy
    setText(this.#strategy, in_force !== configured ? `${configured} → ${in_force}` : configured)
    const placements = Object.entries(strategy.placements).map(([tier, placement]) => `${tier} ${placement}`)
    setText(this.#placements, placements.join(' · '))
    const tenants = paused.tenants.length === 0 ? 'none' : counted(paused.tenants.length, 'tenant')
    setText(this.#paused, paused.fleet_since === null ? tenants : 'the whole fleet')
  }
}

function serviceLight() {
  const light = element('span', { class: 'light' })
  const latency = element('span', { class: 'dim figure' })
  return {
    node: element('li', {}, light, ' ', latency),
    update({ name, status, latency_ms }: ServiceRow) {
      setAttribute(light, 'data-status', status)
      setText(light, status === 'healthy' ? name : `${name} ${status}`)
      setText(latency, millis(latency_ms))
    },
  }
}
