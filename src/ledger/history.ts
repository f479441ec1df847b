/** Every so often a cluster's connections are put down. */
export const SAMPLE_MS = 5_000
/** And kept for so long. */
export const HISTORY_MS = 15 * 60_000

export interface ConnectionSums {
  /** Connections that run a request. */
  readonly used: number
  /** Connections that are open and idle. */
  readonly free: number
  /** Requests that wait for a connection. */
  readonly waiting: number
}

/** A cluster's connections at one moment. */
export interface Sample extends ConnectionSums {
  /** Epoch ms, a multiple of `SAMPLE_MS`. */
  readonly at: number
}

/** A cluster's connections over the last 15 minutes, as its hosts report. Pure: time is passed in. */
export class History {
  #samples: Sample[]

  constructor(samples: readonly Sample[] = []) {
    this.#samples = [...samples]
  }

  /** Puts down what `sum` comes to, and returns it, unless that was done for this moment already. */
  note(now: number, sum: () => ConnectionSums): Sample | undefined {
    const at = now - (now % SAMPLE_MS)
    if (at <= (this.#samples.at(-1)?.at ?? 0)) return undefined
    const sample = { at, ...sum() }
    this.#samples = [...this.#since(now), sample]
    return sample
  }

  /** The oldest first. */
  samples(now: number): readonly Sample[] {
    return this.#since(now)
  }

  #since(now: number): Sample[] {
    return this.#samples.filter(({ at }) => at > now - HISTORY_MS)
  }
}
