import type { DashboardView, HistorySample } from '../contract.ts'
import { Refusal, readHistory, readSession, signOut } from './api.ts'
import { Chart } from './chart.ts'
import { ClusterCards } from './cluster-cards.ts'
import { part, setAttribute, setText } from './dom.ts'
import { EventsList } from './events-list.ts'
import { showExample } from './example.ts'
import { Feed } from './feed.ts'
import { freshness } from './freshness.ts'
import { Glance } from './glance.ts'
import { PoolTable } from './pool-table.ts'
import { sampleOf, withSample } from './samples.ts'
import { isShown, show } from './screen.ts'
import { openScrollersToKeyboard } from './scrollers.ts'
import { askForToken, onSignIn } from './sign-in.ts'
import { TenantLists } from './tenant-lists.ts'
import { toast } from './toasts.ts'

/** The whole page: from the session to the fleet, and back. */
class Dashboard {
  readonly #glance = new Glance()
  readonly #clusters = new ClusterCards()
  readonly #events = new EventsList()
  readonly #tenants = new TenantLists()
  readonly #pools = new PoolTable()
  #feed = this.#newFeed()
  /** Made when it has a place: a chart in a hidden section would have no width. */
  #chart: Chart | null = null
  #samples: readonly HistorySample[] = []
  #view: DashboardView | null = null
  /** The server's clock less the browser's, ms. */
  #skew = 0

  start(): void {
    showExample()
    openScrollersToKeyboard()
    onSignIn(() => this.#enter())
    part('sign-out', HTMLButtonElement).addEventListener('click', () => this.#signOut())
    part('retry', HTMLButtonElement).addEventListener('click', async () => {
      await this.#open()
      await this.#feed.poll()
    })
    setInterval(() => this.#tick(), 1000)
    // Nobody looks: nothing is asked for, and nothing is kept awake.
    document.addEventListener('visibilitychange', () => {
      if (isShown('sign-in')) return
      if (document.hidden) this.#feed.close()
      else this.#enterAgain()
    })
    void this.#open()
  }

  async #open(): Promise<void> {
    try {
      const { signed_in } = await readSession()
      if (signed_in) this.#enter()
      else askForToken()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#fail(error)
    }
  }

  #enter(): void {
    if (!this.#view) show('skeleton')
    this.#enterAgain()
  }

  #enterAgain(): void {
    this.#feed.open()
    void this.#loadHistory()
  }

  async #loadHistory(): Promise<void> {
    try {
      const { samples } = await readHistory()
      const last = samples.at(-1)?.at ?? 0
      this.#samples = [...samples, ...this.#samples.filter(({ at }) => at > last)]
    } catch (error) {
      // The chart then begins with what comes from now on.
      if (!(error instanceof Refusal)) throw error
    }
  }

  #show(view: DashboardView): void {
    this.#view = view
    if (!isShown('fleet')) show('fleet')
    this.#chart ??= new Chart()
    this.#skew = Date.parse(view.at) - Date.now()
    this.#samples = withSample(this.#samples, sampleOf(view))
    const now = this.#now()
    this.#glance.update(view)
    this.#clusters.update(view.clusters)
    this.#chart.update(this.#samples, now)
    this.#events.update(view.events)
    this.#pools.update(view, now)
    this.#tenants.update(view.refused, view.paused, now)
    this.#tick()
  }

  /** What has been shown stays, and says that it is stale; before that, the fault is all there is to show. */
  #fail(refusal: Refusal): void {
    if (this.#view) return
    show('trouble')
    setText(part('trouble-detail', HTMLElement), refusal.message)
    this.#feed.open()
  }

  async #signOut(): Promise<void> {
    try {
      await signOut()
      // Nothing of the fleet stays behind in the page.
      location.reload()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      toast(`You are still signed in: ${error.message}`, 'failed')
    }
  }

  #leave(): void {
    this.#feed.close()
    this.#feed = this.#newFeed()
    askForToken(this.#view ? 'The session has ended.' : '')
    this.#view = null
    this.#samples = []
    this.#tick()
  }

  #newFeed(): Feed {
    return new Feed({
      view: (view) => this.#show(view),
      signedOut: () => this.#leave(),
      failed: (refusal) => this.#fail(refusal),
    })
  }

  #tick(): void {
    const node = part('freshness', HTMLElement)
    const { state, text } = freshness(this.#feed.reception, Date.now())
    setAttribute(node, 'data-state', state)
    setText(node, text)
    setAttribute(document.body, 'data-state', state)
    if (this.#view && !document.hidden) this.#pools.tick(this.#now())
  }

  #now(): number {
    return Date.now() + this.#skew
  }
}

new Dashboard().start()
