import type { NotedEvent } from './events.ts'

/** What the store keeps, and shows. */
const MOST_KEPT = 100

/** The latest events that an object was told of, in its storage: they are looked for after a reset above all. */
export class EventStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec('CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL)')
  }

  add(events: readonly NotedEvent[]): void {
    if (events.length === 0) return
    for (const event of events) {
      this.#sql.exec('INSERT INTO events (event) VALUES (?)', JSON.stringify(event))
    }
    this.#sql.exec('DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?', MOST_KEPT)
  }

  /** In the order in which they came. */
  latest(): NotedEvent[] {
    return this.#sql
      .exec<{ event: string }>('SELECT event FROM events ORDER BY id')
      .toArray()
      .map(({ event }) => JSON.parse(event) as NotedEvent)
  }
}
