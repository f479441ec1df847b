import type { NotedEvent } from './events.ts'

/** More than one isolate logs between two reports, unless something goes wrong without end. */
const MOST_KEPT = 200

/**
 * What was logged here and is worth a look, until somebody carries it to where the whole fleet is seen. Plain data, so
 * whatever runs in an isolate may share it. The oldest are dropped when nobody comes for them.
 */
export class RecentEvents {
  #events: NotedEvent[] = []

  note(event: NotedEvent): void {
    this.#keep([...this.#events, event])
  }

  /** Hands out the oldest, `most` of them at most: they are the caller's to deliver. */
  take(most: number): NotedEvent[] {
    return this.#events.splice(0, most)
  }

  /** Takes back what could not be delivered. */
  putBack(events: readonly NotedEvent[]): void {
    this.#keep([...events, ...this.#events])
  }

  #keep(events: NotedEvent[]): void {
    this.#events = events.slice(-MOST_KEPT)
  }
}

/** Those of this isolate. */
export const recentEvents = new RecentEvents()
