import type { PoolRow } from '../contract.ts'
import { type Action, perform, poolActions } from './actions.ts'
import { element, setAttribute, setText } from './dom.ts'
import type { Entry } from './keyed-list.ts'
import { POOL_COLUMNS, poolName } from './pool-columns.ts'

/** A pool's row in the table; on a narrow screen a card, which is why every cell carries its label. */
export class PoolRowEntry implements Entry<PoolRow> {
  readonly node: HTMLTableRowElement
  readonly #now: () => number
  // The roles are said, because a table that is laid out as cards is none to some screen readers
  // (adrianroselli.com/2018/02/tables-css-display-properties-and-aria.html).
  readonly #cells = POOL_COLUMNS.map(({ id, label, numeric }) =>
    id === 'tenant'
      ? element('th', { scope: 'row', role: 'rowheader', 'data-column': id })
      : element('td', {
          role: 'cell',
          'data-label': label,
          'data-column': id,
          ...(numeric && { class: 'figure' }),
        }),
  )
  readonly #name = element('span', { class: 'pool-name' })
  readonly #badges = element('span', { class: 'badges' })
  readonly #buttons = element('td', { role: 'cell', class: 'row-actions' })
  #actions: readonly Action[] = []

  constructor(now: () => number) {
    this.#now = now
    this.#cells[0]?.append(this.#name, this.#badges)
    this.node = element('tr', { role: 'row' }, ...this.#cells, this.#buttons)
  }

  update(pool: PoolRow): void {
    setText(this.#name, poolName(pool))
    POOL_COLUMNS.slice(1).forEach((column, index) => {
      const cell = this.#cells[index + 1]
      if (cell) setText(cell, column.text(pool, this.#now()))
    })
    this.#cells
      .find(({ dataset }) => dataset.column === 'waiting')
      ?.toggleAttribute('data-busy', pool.waiting > 0)
    this.#updateBadges(pool)
    this.#updateActions(pool)
  }

  #updateBadges(pool: PoolRow): void {
    const words = [
      pool.paused ? 'paused' : '',
      pool.stale ? 'stale' : '',
      pool.state === 'open' ? '' : pool.state,
    ]
    const badges = words.filter(Boolean)
    if (this.#badges.textContent === badges.join('')) return
    this.#badges.replaceChildren(
      ...badges.map((word) => element('span', { class: 'badge', 'data-word': word }, word)),
    )
  }

  /** The buttons stay the same elements, so that the focus stays on them. */
  #updateActions(pool: PoolRow): void {
    this.#actions = poolActions(pool)
    const buttons = [...this.#buttons.querySelectorAll('button')]
    this.#actions.forEach(({ label }, index) => {
      const button = buttons[index] ?? this.#button(index)
      setText(button, label)
      setAttribute(button, 'aria-label', `${label} ${poolName(pool)} on ${pool.host}`)
    })
  }

  #button(index: number): HTMLButtonElement {
    const button = element('button', { type: 'button', class: 'quiet' })
    button.addEventListener('click', () => {
      const action = this.#actions[index]
      if (action) void perform(action, button)
    })
    this.#buttons.append(button)
    return button
  }
}
