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

/** What the connections come to, of hosts that still report at a time. */
type Sum = (at: number) => ConnectionSums

/**
 * A cluster's connections over the last 15 minutes, as its hosts report: for every five seconds with a report the state
 * at their end, which then holds until the next report. Pure: time is passed in.
 */
export class History {
  #samples: Sample[]
  /** Whether the last sample is of this life and may still change. */
  #isOpen = false

  constructor(samples: readonly Sample[] = []) {
    this.#samples = [...samples]
  }

  /** Before a report changes the state: ends the last five seconds, and returns what they came to, if they are over. */
  settle(now: number, sum: Sum): Sample | undefined {
    const last = this.#samples.at(-1)
    if (!last || !this.#isOpen || now < endOf(last)) return undefined
    this.#isOpen = false
    const settled = stateAtEnd(last, sum)
    this.#samples = [...this.#samples.slice(0, -1), settled]
    return settled
  }

  /** After a report has changed the state: begins the next five seconds, and returns what they come to so far. */
  begin(now: number, sum: Sum): Sample | undefined {
    const at = now - (now % SAMPLE_MS)
    if (at <= (this.#samples.at(-1)?.at ?? 0)) return undefined
    const sample = { at, ...sum(now) }
    this.#samples = [...this.#since(now), sample]
    this.#isOpen = true
    return sample
  }

  /** The oldest first; the last one as it is now. */
  samples(now: number, sum: Sum): readonly Sample[] {
    const samples = this.#since(now)
    const last = samples.at(-1)
    return last && this.#isOpen ? samples.with(-1, stateAtEnd(last, sum)) : samples
  }

  #since(now: number): Sample[] {
    return this.#samples.filter(({ at }) => at > now - HISTORY_MS)
  }
}

function endOf({ at }: Sample): number {
  return at + SAMPLE_MS
}

function stateAtEnd(sample: Sample, sum: Sum): Sample {
  return { at: sample.at, ...sum(endOf(sample)) }
}
