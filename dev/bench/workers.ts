import { startWorkerd, type Workerd, type WorkerdOptions } from '../local/worker/workerd.ts'

/**
 * The Workers that run. workerd asked to end waits for its last request, and some of the requests here hang for good:
 * whoever leaves in the middle has to close them in order, which ends them by force after a while.
 */
export class Workers {
  readonly #running = new Set<Promise<Workerd>>()
  #closed = false

  async start(options: WorkerdOptions): Promise<Workerd> {
    if (this.#closed) throw new Error('stopped')
    const starting = startWorkerd(options)
    this.#running.add(starting)
    const worker = await starting
    return {
      ...worker,
      close: async () => {
        await worker.close()
        this.#running.delete(starting)
      },
    }
  }

  /** Closes all of them; none can be started any more. */
  async close(): Promise<void> {
    this.#closed = true
    const closing = [...this.#running].map(async (starting) => (await starting).close())
    // One that did not start has closed itself.
    await Promise.allSettled(closing)
  }
}
