import type { EventRow } from '../contract.ts'
import { element, part, setAttribute, setText } from './dom.ts'
import { clockTime } from './format.ts'
import { KeyedList } from './keyed-list.ts'

/** What happened lately, the newest first. */
export class EventsList {
  readonly #list = new KeyedList<KeyedEvent>(part('events', HTMLElement), ({ key }) => key, entry)
  readonly #none = part('no-events', HTMLElement)

  update(events: readonly EventRow[]): void {
    this.#list.update(keyed(events))
    this.#none.hidden = events.length > 0
  }
}

interface KeyedEvent extends Described {
  readonly key: string
}

interface Described {
  readonly row: EventRow
  readonly details: string
}

/** Two hosts can log the same in the same millisecond: the second gets a number. */
function keyed(events: readonly EventRow[]): KeyedEvent[] {
  const seen = new Map<string, number>()
  return events.map((row) => {
    const described = `${row.at} ${row.event} ${details(row)}`
    const times = seen.get(described) ?? 0
    seen.set(described, times + 1)
    return { row, details: details(row), key: `${described} ${times}` }
  })
}

function entry() {
  const time = element('time', { class: 'figure dim' })
  const name = element('span', { class: 'light' })
  const text = element('span', { class: 'details dim' })
  return {
    node: element('li', {}, time, name, text),
    update({ row, details }: Described) {
      setText(time, clockTime(Date.parse(row.at)))
      setAttribute(time, 'datetime', row.at)
      setAttribute(name, 'data-status', row.level)
      setText(name, row.event)
      setText(text, details)
    },
  }
}

/** The event's own fields; the request's id is for the log. */
function details({ at, event, level, request_id, ...fields }: EventRow): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : value}`)
    .join(' · ')
}
