/** A row on the page, and how it takes in newer data. */
export interface Entry<Row> {
  readonly node: HTMLElement
  update(row: Row): void
}

/**
 * Children of one element that follow a list of data: each row keeps its element as long as its key is there, so that
 * focus, selection and scroll position survive every update.
 */
export class KeyedList<Row> {
  readonly #parent: HTMLElement
  readonly #key: (row: Row) => string
  readonly #make: (row: Row) => Entry<Row>
  #entries = new Map<string, Entry<Row>>()

  constructor(parent: HTMLElement, key: (row: Row) => string, make: (row: Row) => Entry<Row>) {
    this.#parent = parent
    this.#key = key
    this.#make = make
  }

  update(rows: readonly Row[]): void {
    const focused = document.activeElement
    const entries = new Map<string, Entry<Row>>()
    for (const row of rows) {
      const key = this.#key(row)
      const entry = this.#entries.get(key) ?? this.#make(row)
      entry.update(row)
      entries.set(key, entry)
    }
    for (const [key, { node }] of this.#entries) if (!entries.has(key)) node.remove()
    this.#entries = entries

    let next = this.#parent.firstElementChild
    for (const { node } of entries.values()) {
      if (node === next) next = next.nextElementSibling
      else this.#parent.insertBefore(node, next)
    }
    // An element that is moved loses the focus (developer.mozilla.org/docs/Web/API/Node/insertBefore).
    if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
      focused.focus({ preventScroll: true })
    }
  }
}
