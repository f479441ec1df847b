import type { ClusterRow } from '../contract.ts'
import { element, part, setAttribute, setText } from './dom.ts'
import { count, counted } from './format.ts'
import { KeyedList } from './keyed-list.ts'

/** A card for every database server: used and granted connections against its budget. */
export class ClusterCards {
  readonly #list = new KeyedList<ClusterRow>(part('clusters', HTMLElement), ({ cluster }) => cluster, card)

  update(clusters: readonly ClusterRow[]): void {
    this.#list.update(clusters)
  }
}

function card({ cluster }: ClusterRow) {
  const [used, open, granted, budget] = [element('b'), element('b'), element('b'), element('b')]
  const [usedBar, grantedBar] = [
    element('span', { class: 'bar-used' }),
    element('span', { class: 'bar-granted' }),
  ]
  const bar = element('div', { class: 'bar', role: 'img' }, grantedBar, usedBar)
  const [pools, queue] = [element('span', { class: 'dim' }), element('span', { class: 'queue' })]
  const node = element(
    'li',
    { class: 'panel cluster', 'data-cluster': cluster },
    element('h3', {}, cluster),
    element(
      'p',
      { class: 'amounts' },
      element('span', {}, used, ' used'),
      element('span', {}, open, ' open'),
      element('span', {}, granted, ' granted'),
      element('span', {}, budget, ' budget'),
    ),
    bar,
    element('p', { class: 'notes' }, pools, queue),
  )
  return {
    node,
    update(row: ClusterRow) {
      setText(used, count(row.used))
      setText(open, count(row.open))
      setText(granted, count(row.granted))
      setText(budget, count(row.limit))
      usedBar.style.width = percent(row.used, row.limit)
      grantedBar.style.width = percent(row.granted, row.limit)
      const server = row.max === null ? '' : ` The server takes ${count(row.max)}.`
      setAttribute(bar, 'title', `${row.used} used, ${row.granted} granted, budget ${row.limit}.${server}`)
      setAttribute(bar, 'aria-label', bar.title)
      setText(pools, `${counted(row.pools, 'pool')} on ${counted(row.hosts, 'host')}`)
      const held = row.held > 0 ? ` · ${count(row.held)} held` : ''
      setText(queue, `${count(row.waiting)} waiting${held}`)
      setAttribute(queue, 'data-busy', row.waiting + row.held > 0 ? 'true' : null)
    },
  }
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.min(100, (100 * part) / whole)}%`
}
