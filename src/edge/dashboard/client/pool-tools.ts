import { element, part, setText } from './dom.ts'
import { POOL_COLUMNS } from './pool-columns.ts'
import type { PoolOrder } from './pool-order.ts'

/** What stands above the pools: the search, and on narrow screens, where there are no headings, the order. */
export class PoolTools {
  readonly #search = part('pool-search', HTMLInputElement)
  readonly #clear = part('pool-search-clear', HTMLButtonElement)
  readonly #sort = part('pool-sort', HTMLSelectElement)
  readonly #direction = part('pool-direction', HTMLButtonElement)
  #order: PoolOrder | null = null

  constructor(change: (order: Partial<PoolOrder>) => void) {
    this.#sort.append(...POOL_COLUMNS.map(({ id, label }) => element('option', { value: id }, label)))
    this.#search.addEventListener('input', () => change({ search: this.#search.value }))
    this.#sort.addEventListener('change', () => change({ sort: this.#sort.value }))
    this.#direction.addEventListener('click', () => {
      change({ direction: this.#order?.direction === 'ascending' ? 'descending' : 'ascending' })
    })
    const clear = () => {
      change({ search: '' })
      this.#search.focus()
    }
    this.#clear.addEventListener('click', clear)
    part('no-match-clear', HTMLButtonElement).addEventListener('click', clear)
  }

  show(order: PoolOrder): void {
    this.#order = order
    if (this.#search.value !== order.search) this.#search.value = order.search
    this.#clear.hidden = order.search === ''
    this.#sort.value = order.sort
    setText(this.#direction, order.direction === 'ascending' ? '↑ ascending' : '↓ descending')
  }
}
