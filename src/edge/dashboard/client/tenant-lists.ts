import type { PausedState, RefusedRow } from '../contract.ts'
import { perform, resumeAction } from './actions.ts'
import { element, part, setText } from './dom.ts'
import { ago, counted } from './format.ts'
import { KeyedList } from './keyed-list.ts'

/** Who is refused by a rate limit, and who is paused. */
export class TenantLists {
  #now = Date.now()
  readonly #refused = new KeyedList<RefusedRow>(
    part('refused', HTMLElement),
    ({ tenant, policy }) => `${tenant} ${policy}`,
    () => this.#refusedEntry(),
  )
  readonly #paused = new KeyedList<PausedOne>(
    part('paused', HTMLElement),
    ({ tenant }) => tenant ?? '',
    (one) => this.#pausedEntry(one),
  )

  /** @param now epoch ms by the server's clock */
  update(refused: readonly RefusedRow[], { fleet_since, tenants }: PausedState, now: number): void {
    this.#now = now
    this.#refused.update(refused)
    part('no-refused', HTMLElement).hidden = refused.length > 0
    const fleet = fleet_since === null ? [] : [{ tenant: null, since: fleet_since }]
    this.#paused.update([...fleet, ...tenants])
    part('no-paused', HTMLElement).hidden = fleet.length + tenants.length > 0
  }

  #refusedEntry() {
    const [name, amount, last] = [element('b'), element('span'), element('span', { class: 'dim' })]
    return {
      node: element('li', {}, name, amount, last),
      update: ({ tenant, policy, refused, last_at }: RefusedRow) => {
        setText(name, tenant)
        setText(amount, `${counted(refused, 'request')} by ${policy}`)
        setText(last, ago(this.#now - Date.parse(last_at)))
      },
    }
  }

  #pausedEntry({ tenant }: PausedOne) {
    const since = element('span', { class: 'dim' })
    const button = element('button', { type: 'button', class: 'quiet' }, 'Resume')
    const name = tenant ?? 'The whole fleet'
    button.setAttribute('aria-label', `Resume ${tenant ?? 'the whole fleet'}`)
    button.addEventListener('click', () => void perform(resumeAction(tenant), button))
    return {
      node: element('li', {}, element('b', {}, name), since, button),
      update: (one: PausedOne) => setText(since, `since ${ago(this.#now - Date.parse(one.since))}`),
    }
  }
}

/** A tenant, or with `null` the fleet. */
interface PausedOne {
  readonly tenant: string | null
  readonly since: string
}
