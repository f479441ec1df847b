import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { EventStore } from '../telemetry/event-store.ts'
import type { Delivery, DeliveryReceipt, EdgeCounts, EdgeRecent, MeterView } from './delivery.ts'
import { RefusalStore } from './refusal-store.ts'
import { type Sender, Senders } from './senders.ts'
import { Totals } from './totals.ts'

/** What is old is deleted this often. */
const TIDY_MS = 60_000

/**
 * One per deployment. Adds up what the isolates of the edge have counted, each delivery once, and keeps the totals when
 * isolates come and go. A delivery is written before it is acknowledged: what was shown once is never taken back by a
 * reset, and nothing is lost with one.
 */
export class Meter extends DurableObject<Env> {
  readonly #sql: SqlStorage
  readonly #totals: Totals
  readonly #senders: Senders
  readonly #refusals: RefusalStore
  readonly #events: EventStore
  #tidiedAt = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS totals (id INTEGER PRIMARY KEY CHECK (id = 1), counts TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS senders (isolate TEXT PRIMARY KEY, sequence INTEGER NOT NULL, at INTEGER NOT NULL);`)
    const [row] = this.#sql.exec<{ counts: string }>('SELECT counts FROM totals').toArray()
    this.#totals = new Totals(row && (JSON.parse(row.counts) as EdgeCounts))
    this.#senders = new Senders(
      this.#sql
        .exec<{ isolate: string; sequence: number; at: number }>('SELECT isolate, sequence, at FROM senders')
        .toArray(),
    )
    this.#refusals = new RefusalStore(this.#sql)
    this.#events = new EventStore(this.#sql)
  }

  /** Counts what an isolate delivers, unless it has come before; the answer says when the next one is wanted. */
  deliver(delivery: Delivery): DeliveryReceipt {
    const now = Date.now()
    const sender = this.#senders.note(delivery, now)
    if (sender) {
      this.#totals.add(delivery)
      this.#write(sender)
      this.#refusals.add(delivery.refused)
      this.#events.add(delivery.events ?? [])
      this.#tidy(now)
    }
    return { nextDeliveryMs: this.#senders.intervalMs(now) }
  }

  /** What is known now. */
  view(): MeterView {
    return { ...this.#totals.counts(), refused: this.#refusals.lately(Date.now()) }
  }

  /** What happened lately: for those who look every second, and want no totals. */
  recent(): EdgeRecent {
    return { events: this.#events.latest(), refused: this.#refusals.lately(Date.now()) }
  }

  #write({ isolate, sequence, at }: Sender): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO totals (id, counts) VALUES (1, ?)',
      JSON.stringify(this.#totals.counts()),
    )
    this.#sql.exec(
      'INSERT OR REPLACE INTO senders (isolate, sequence, at) VALUES (?, ?, ?)',
      isolate,
      sequence,
      at,
    )
  }

  #tidy(now: number): void {
    if (now - this.#tidiedAt < TIDY_MS) return
    this.#tidiedAt = now
    this.#refusals.forgetOld(now)
    for (const isolate of this.#senders.forgetSilent(now)) {
      this.#sql.exec('DELETE FROM senders WHERE isolate = ?', isolate)
    }
  }
}
