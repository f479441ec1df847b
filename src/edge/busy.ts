/** How many requests run on each host now, as far as one isolate knows. Plain numbers, so requests may share it. */
export class Busy {
  readonly #running = new Map<string, number>()

  on(host: string): number {
    return this.#running.get(host) ?? 0
  }

  async during<T>(host: string, work: () => Promise<T>): Promise<T> {
    this.#running.set(host, this.on(host) + 1)
    try {
      return await work()
    } finally {
      const left = this.on(host) - 1
      if (left > 0) this.#running.set(host, left)
      else this.#running.delete(host)
    }
  }
}
