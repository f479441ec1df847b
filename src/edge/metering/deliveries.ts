import type { Delivery, DeliveryReceipt } from '../../meter/delivery.ts'
import type { RecentEvents } from '../../telemetry/recent-events.ts'
import type { EdgeTally } from './tally.ts'

/** A request is rarely alone: what follows at once goes into the same delivery. */
const GATHER_MS = 50
/** A Meter that could not be reached is tried again after this time. */
const RETRY_MS = 10_000
/** Who undertook to deliver and has not been heard of for so long was stopped on the way. */
const LOST_MS = 10_000
/** A Meter wants to hear at least this often, ms. */
const LONGEST_MS = 600_000
/** How many events go with one delivery: the rest with the next. */
const EVENTS_PER_DELIVERY = 20

export interface DeliveriesOptions {
  readonly tally: EdgeTally
  /** What was logged in this isolate. */
  readonly events: Pick<RecentEvents, 'take'>
  readonly now: () => number
  /** Names this isolate. Called when it delivers first: there is no randomness at module scope. */
  readonly name: () => string
}

/**
 * When an isolate tells the Meter what it has counted, and what: one delivery at a time, as often as the Meter wants
 * it. Plain data and no promise, so requests may share it; each sends within its own context what it undertakes to.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions
  #isolate: string | undefined
  #sequence = 0
  /** Sent, but not acknowledged. */
  #pending: Delivery | undefined
  #dueAt = 0
  #undertakenUntil = 0

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  /** In how many ms the caller has to deliver; `undefined` when another request sees to it. */
  undertake(): number | undefined {
    const now = this.#options.now()
    if (now < this.#undertakenUntil) return undefined
    const inMs = Math.max(GATHER_MS, this.#dueAt - now)
    this.#undertakenUntil = now + inMs + LOST_MS
    return inMs
  }

  /** What is to be sent: what was not acknowledged as it was, else what was counted since. */
  next(): Delivery | undefined {
    if (this.#pending) return this.#pending
    const counted = this.#options.tally.take()
    if (!counted) return undefined
    this.#isolate ??= this.#options.name()
    const events = this.#options.events.take(EVENTS_PER_DELIVERY)
    this.#pending = {
      isolate: this.#isolate,
      sequence: ++this.#sequence,
      ...counted,
      ...(events.length > 0 && { events }),
    }
    return this.#pending
  }

  /** The Meter has a delivery. */
  acknowledged({ sequence }: Delivery, { nextDeliveryMs }: DeliveryReceipt): void {
    if (this.#pending?.sequence !== sequence) return
    this.#pending = undefined
    this.#ended(nextDeliveryMs)
  }

  /** The Meter could not be reached, or has not answered. */
  failed(): void {
    this.#ended(RETRY_MS)
  }

  /** What a Meter wants is checked: one that wants nonsense is left alone for a while. */
  #ended(waitMs: number): void {
    this.#dueAt = this.#options.now() + (waitMs >= 0 && waitMs <= LONGEST_MS ? waitMs : RETRY_MS)
    this.#undertakenUntil = 0
  }
}
