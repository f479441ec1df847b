import { HEARTBEAT_MS } from '../ledger/fleet.ts'
import type { ReportReceipt } from '../ledger/report.ts'
import type { Clock } from '../pools/clock.ts'

export interface ReporterOptions {
  readonly clock: Clock
  /** Sends the state of this moment. Throws when the Ledger cannot be reached. */
  readonly send: () => Promise<ReportReceipt>
  /** Whether anything is open, so that a heartbeat is owed. */
  readonly isLive: () => boolean
  /** Whether the Ledger has to hear at once, because it does not know yet whom to tell of what. */
  readonly isUrgent: () => boolean
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const FIRST_INTERVAL_MS = 250
/** What the Ledger's own answers change is told this often at most: else each report could bring about the next. */
const ANSWERED_INTERVAL_MS = 1_000
const LONGEST_INTERVAL_MS = 60_000
const RETRY_MS = 10_000
const MAX_RETRIES = 3
/** A change is rarely alone: what follows at once goes into the same report. */
const GATHER_MS = 50

/**
 * Tells the Ledger what changed, as often as the Ledger wants it and no more: the first change and what is urgent almost
 * at once, what follows in one report per interval, and a heartbeat while something is open. A failed report is made up for by the next.
 */
export class Reporter {
  readonly #options: ReporterOptions
  #intervalMs = FIRST_INTERVAL_MS
  #sentAt = Number.NEGATIVE_INFINITY
  #dirty = false
  #failures = 0
  #sending: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  #dueAt = Number.POSITIVE_INFINITY

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** On the hot path: costs nothing while a report is due anyway. */
  changed(): void {
    if (this.#dirty && !this.#isUrgent()) return
    this.#dirty = true
    if (!this.#sending) this.#schedule()
  }

  /** Reports now; resolves when the Ledger has it, or could not be reached. */
  async flush(): Promise<void> {
    // A report under way shows an older state.
    await this.#sending
    this.#dirty = true
    await this.#send()
  }

  #schedule(): void {
    const now = this.#options.clock.now()
    const dueAt = this.#dirty
      ? Math.max(now + GATHER_MS, this.#isUrgent() ? 0 : this.#sentAt + this.#intervalMs)
      : now + HEARTBEAT_MS * (0.9 + 0.1 * this.#options.random())
    if (dueAt >= this.#dueAt) return
    this.#cancelTimer?.()
    this.#dueAt = dueAt
    this.#cancelTimer = this.#options.clock.after(dueAt - now, () => void this.#send())
  }

  /** A Ledger that does not answer is left alone all the same. */
  #isUrgent(): boolean {
    return this.#failures === 0 && this.#options.isUrgent()
  }

  #send(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#dirty = false
    this.#sentAt = this.#options.clock.now()
    this.#sending ??= this.#attempt().finally(() => {
      this.#sending = undefined
      if (this.#dirty || this.#options.isLive()) this.#schedule()
    })
    return this.#sending
  }

  async #attempt(): Promise<void> {
    try {
      const { grants = [], nextReportMs } = await this.#options.send()
      const leastMs = grants.length > 0 ? ANSWERED_INTERVAL_MS : FIRST_INTERVAL_MS
      const wantedMs = Number.isFinite(nextReportMs) ? nextReportMs : FIRST_INTERVAL_MS
      this.#intervalMs = Math.min(LONGEST_INTERVAL_MS, Math.max(leastMs, wantedMs))
      this.#failures = 0
    } catch {
      // `send` has logged it. Tried again a few times even when nothing is open any more, so that the Ledger does not go
      // on showing what was closed; not for ever, because the timer keeps the object in memory.
      this.#intervalMs = RETRY_MS
      this.#failures++
      if (this.#failures <= MAX_RETRIES) this.#dirty = true
    }
  }
}
