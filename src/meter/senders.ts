import type { Delivery } from './delivery.ts'

/** An isolate that was silent for this long is no longer counted among those that deliver. */
const ACTIVE_MS = 60_000
/** And after this one it is forgotten: longer than any isolate keeps a delivery that nobody acknowledged. */
const FORGET_MS = 24 * 3_600_000
/** The Meter takes about 20 deliveries a second: each is written, and writes are billed. */
const MS_PER_ISOLATE = 50
const SHORTEST_INTERVAL_MS = 2_000
/** Work that outlives its answer is stopped after 30 s (developers.cloudflare.com/workers/runtime-apis/context). */
const LONGEST_INTERVAL_MS = 20_000

/** What an isolate delivered last. */
export interface Sender {
  readonly isolate: string
  readonly sequence: number
  /** Epoch ms. */
  readonly at: number
}

/** Which deliveries have come from which isolates. Pure: time is passed in. */
export class Senders {
  readonly #senders: Map<string, Sender>

  constructor(senders: readonly Sender[] = []) {
    this.#senders = new Map(senders.map((sender) => [sender.isolate, sender]))
  }

  /** Takes note of a delivery; `undefined` when it has come before. */
  note({ isolate, sequence }: Pick<Delivery, 'isolate' | 'sequence'>, now: number): Sender | undefined {
    if (sequence <= (this.#senders.get(isolate)?.sequence ?? 0)) return undefined
    const sender = { isolate, sequence, at: now }
    this.#senders.set(isolate, sender)
    return sender
  }

  /** Forgets isolates that have been silent for long; returns their names. */
  forgetSilent(now: number): string[] {
    const silent = [...this.#senders.values()].filter(({ at }) => now - at > FORGET_MS)
    for (const { isolate } of silent) this.#senders.delete(isolate)
    return silent.map(({ isolate }) => isolate)
  }

  /** How long each isolate is to wait between two deliveries, in ms. */
  intervalMs(now: number): number {
    let active = 0
    for (const { at } of this.#senders.values()) if (now - at <= ACTIVE_MS) active++
    return Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, active * MS_PER_ISOLATE))
  }
}
