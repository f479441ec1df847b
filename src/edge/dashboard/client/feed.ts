import type { DashboardView } from '../contract.ts'
import { Refusal, readView } from './api.ts'
import type { Reception, Way } from './freshness.ts'

/** Who is told. */
export interface FeedListener {
  view(view: DashboardView): void
  /** The session has ended. */
  signedOut(): void
  /** A view could not be read; the feed goes on trying. */
  failed(refusal: Refusal): void
}

/** Without a view for so long the feed asks for one itself. */
const POLL_AFTER_MS = 2500

/** A stream that says nothing for so long is given up, whatever the browser believes of it. */
const SILENT_MS = 15_000

const MOST_BACKOFF_MS = 30_000

/**
 * The fleet's views, one after the other: by server-sent events, and by polling for as long as those do not come. Where
 * a proxy holds streams back, the page works all the same.
 */
export class Feed {
  readonly #listener: FeedListener
  #source: EventSource | null = null
  #ticker: number | undefined
  #reopening: number | undefined
  #attempts = 0
  #polling = false
  #way: Way | null = null
  #receivedAt: number | null = null
  /** When a view was last received or asked for, or the stream opened. */
  #heardAt = 0
  /** When the stream last said something, or was opened. */
  #streamedAt = 0

  constructor(listener: FeedListener) {
    this.#listener = listener
  }

  get reception(): Reception {
    return { way: this.#way, receivedAt: this.#receivedAt }
  }

  /** Does nothing when it is open. */
  open(): void {
    if (this.#ticker !== undefined) return
    this.#ticker = setInterval(() => this.#watch(), 500)
    this.#attempts = 0
    this.#openStream()
  }

  /** What was shown stays, with its age. */
  close(): void {
    clearInterval(this.#ticker)
    clearTimeout(this.#reopening)
    this.#ticker = undefined
    this.#closeStream()
  }

  /** Asks at once, for those who do not want to wait. */
  async poll(): Promise<void> {
    if (this.#polling) return
    this.#polling = true
    try {
      const view = await readView()
      if (this.#ticker !== undefined) this.#receive(view, 'polling')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (this.#ticker === undefined) return
      if (error.status === 401) this.#listener.signedOut()
      else this.#listener.failed(error)
    } finally {
      this.#heardAt = Date.now()
      this.#polling = false
    }
  }

  #openStream(): void {
    const source = new EventSource('/dashboard/stream')
    this.#source = source
    this.#streamedAt = Date.now()
    this.#heardAt = this.#streamedAt
    source.addEventListener('view', (event: MessageEvent<string>) => {
      this.#attempts = 0
      this.#streamedAt = Date.now()
      this.#receive(JSON.parse(event.data) as DashboardView, 'stream')
    })
    // A stream ends by itself every few minutes. The first new one follows at once, later ones ever more slowly; the
    // browser's own retry would give up at the first answer other than 200 (html.spec.whatwg.org, #sse-processing-model).
    source.addEventListener('error', () => {
      if (this.#receivedAt === null || this.#attempts > 0) void this.poll()
      this.#reopenStream()
    })
  }

  #reopenStream(): void {
    this.#closeStream()
    clearTimeout(this.#reopening)
    const backoff = this.#attempts === 0 ? 100 : Math.min(MOST_BACKOFF_MS, 1000 * 2 ** this.#attempts)
    this.#attempts += 1
    this.#reopening = setTimeout(() => this.#openStream(), backoff)
  }

  #closeStream(): void {
    this.#source?.close()
    this.#source = null
  }

  #receive(view: DashboardView, way: Way): void {
    this.#way = way
    this.#receivedAt = Date.now()
    this.#heardAt = this.#receivedAt
    this.#listener.view(view)
  }

  #watch(): void {
    const now = Date.now()
    if (now - this.#heardAt >= POLL_AFTER_MS) void this.poll()
    if (this.#source && now - this.#streamedAt >= SILENT_MS) this.#reopenStream()
  }
}
