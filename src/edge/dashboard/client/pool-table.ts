import type { DashboardView, PoolRow } from '../contract.ts'
import { element, part, setAttribute, setText } from './dom.ts'
import { count, counted } from './format.ts'
import { KeyedList } from './keyed-list.ts'
import { POOL_COLUMNS } from './pool-columns.ts'
import { arranged, hashOfOrder, identity, orderOfHash, type PoolOrder, sortedBy } from './pool-order.ts'
import { PoolRowEntry } from './pool-row.ts'
import { PoolTools } from './pool-tools.ts'

/** The pools, sorted and searched; the order is kept in the address. */
export class PoolTable {
  readonly #headings = new Map<string, HTMLTableCellElement>()
  readonly #tools: PoolTools
  readonly #list: KeyedList<PoolRow>
  #order = orderOfHash(location.hash)
  #pools: readonly PoolRow[] = []
  #morePools = 0
  #now = Date.now()

  constructor() {
    const [headings, rows] = [part('pool-headings', HTMLElement), part('pool-rows', HTMLElement)]
    this.#list = new KeyedList(rows, identity, () => new PoolRowEntry(() => this.#now))
    // See pool-row.ts for why the roles are said.
    part('pool-table', HTMLElement).role = 'table'
    rows.role = 'rowgroup'
    headings.role = 'row'
    headings.append(
      ...POOL_COLUMNS.map(({ id, label, numeric }) => {
        const button = element('button', { type: 'button' }, label)
        button.addEventListener('click', () => this.#reorder(sortedBy(this.#order, id)))
        const heading = element(
          'th',
          { scope: 'col', role: 'columnheader', ...(numeric && { class: 'figure' }) },
          button,
        )
        this.#headings.set(id, heading)
        return heading
      }),
      element('th', { scope: 'col', role: 'columnheader' }, 'Actions'),
    )
    this.#tools = new PoolTools((change) => this.#reorder({ ...this.#order, ...change }))
    addEventListener('hashchange', () => this.#reorder(orderOfHash(location.hash)))
    this.#showOrder()
  }

  update({ pools, more_pools }: DashboardView, now: number): void {
    this.#pools = pools
    this.#morePools = more_pools
    this.#now = now
    this.#render()
  }

  /** Ages tick although nothing new has come. */
  tick(now: number): void {
    this.#now = now
    this.#render()
  }

  #reorder(order: PoolOrder): void {
    this.#order = order
    history.replaceState(null, '', hashOfOrder(order) || location.pathname)
    this.#showOrder()
    this.#render()
  }

  #showOrder(): void {
    for (const [id, heading] of this.#headings) {
      setAttribute(heading, 'aria-sort', id === this.#order.sort ? this.#order.direction : null)
    }
    this.#tools.show(this.#order)
  }

  #render(): void {
    const shown = arranged(this.#pools, this.#order)
    this.#list.update(shown)
    part('pool-table-region', HTMLElement).hidden = shown.length === 0
    part('no-pools', HTMLElement).hidden = this.#pools.some(({ placement }) => placement !== 'health')
    part('no-match', HTMLElement).hidden = this.#order.search === '' || shown.length > 0
    setText(part('no-match-text', HTMLElement), `No pool has “${this.#order.search}” in its words.`)
    const all = counted(this.#pools.length, 'pool')
    const more = this.#morePools > 0 ? `, ${count(this.#morePools)} more not listed` : ''
    const found = this.#order.search === '' ? all : `${count(shown.length)} of ${all}`
    setText(part('pool-count', HTMLElement), found + more)
  }
}
