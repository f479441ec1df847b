/**
 * What a proxy does to its traffic; changed at run time by tests and by the control endpoint.
 * The names follow Toxiproxy's toxics where they coincide (README of Shopify/toxiproxy): `delayMs` with
 * `jitterMs` is "latency", `blackhole` is "timeout" with 0, `sliceBytes` is "slicer", `limitBytes` is "limit_data",
 * `cut()` is "reset_peer". `refuse` with `cut()` is "down".
 */
export interface FaultState {
  /**
   * A new connection is reset as soon as it is accepted. Live ones go on: `cut()` ends those. To an HTTP service every
   * request is a new connection.
   */
  refuse: boolean
  /**
   * Nothing passes, in either direction, and nothing is closed, for live and new connections. Held bytes (and ends)
   * pass once it is lifted, as they would after a partition heals: a byte stream with a hole in it would be no fault
   * of the network but a broken protocol.
   */
  blackhole: boolean
  /**
   * Latency in milliseconds, added once to what goes from the server to the client, so that a round trip costs
   * `delayMs` more, those of making a new connection among them: before it carries what a client says, one for TCP,
   * and another for a WebSocket's upgrade. It is latency and no bandwidth: chunks that arrive together leave together,
   * in order.
   */
  delayMs: number
  /** Each delay is drawn evenly from `delayMs` ± `jitterMs`, never below 0 and never out of order. */
  jitterMs: number
  /** Chunks are re-cut into pieces of at most this many bytes, in both directions. 0 = off. */
  sliceBytes: number
  /**
   * The connection is cut once this many bytes have gone to the client, counted from the moment the limit was set,
   * or from the connection's start if that is later; of an HTTP service, once this much of a body has. 0 = off.
   */
  limitBytes: number
  /** HTTP services answer every request with this status and do no work. 0 = off. */
  httpStatus: number
  /** HTTP services answer with a body that breaks off in the middle of its JSON. */
  badJson: boolean
}

type Listener = () => void

const NONE: Readonly<FaultState> = Object.freeze({
  refuse: false,
  blackhole: false,
  delayMs: 0,
  jitterMs: 0,
  sliceBytes: 0,
  limitBytes: 0,
  httpStatus: 0,
  badJson: false,
})

/** Longer than any timeout that a test waits for, and within what a timer can hold. */
const LONGEST_DELAY_MS = 600_000

/** The faults of one proxy, shared with whoever switches them. Starts with none. */
export class Faults {
  #state: Readonly<FaultState> = NONE
  readonly #random: () => number
  readonly #cutListeners = new Set<Listener>()
  readonly #changeListeners = new Set<Listener>()

  /** @param random evenly spread in [0, 1), draws the jitter. */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** What is switched on now: a frozen copy, replaced at every change. */
  get state(): Readonly<FaultState> {
    return this.#state
  }

  /**
   * Changes the named faults and leaves the others as they are.
   * @throws {RangeError} for an unknown name or an impossible value; then nothing has changed.
   */
  set(change: Partial<FaultState>): void {
    for (const [name, value] of Object.entries(change)) checkFault(name, value)
    this.#state = Object.freeze({ ...this.#state, ...change })
    notify(this.#changeListeners)
  }

  clear(): void {
    this.#state = NONE
    notify(this.#changeListeners)
  }

  /** Drops every live connection now, as a reset by the peer does. New ones are not affected. */
  cut(): void {
    notify(this.#cutListeners)
  }

  /** Calls `listener` at every `cut()`. Returns the function that ends it. */
  onCut(listener: Listener): () => void {
    return listen(this.#cutListeners, listener)
  }

  /** Calls `listener` after every `set()` and `clear()`. Returns the function that ends it. */
  onChange(listener: Listener): () => void {
    return listen(this.#changeListeners, listener)
  }

  /** Resolves once nothing holds traffic back: at once without a black hole, else when it is lifted. */
  async untilPassable(signal: AbortSignal): Promise<void> {
    while (this.#state.blackhole) {
      const change = Promise.withResolvers<void>()
      const onAbort = () => change.reject(signal.reason)
      const stopListening = this.onChange(change.resolve)
      signal.addEventListener('abort', onAbort)
      try {
        signal.throwIfAborted()
        await change.promise
      } finally {
        stopListening()
        signal.removeEventListener('abort', onAbort)
      }
    }
  }

  /** Milliseconds by which to delay what is sent to the client now: `delayMs` with its jitter drawn. */
  drawDelayMs(): number {
    const { delayMs, jitterMs } = this.#state
    if (jitterMs === 0) return delayMs
    return Math.max(0, delayMs + (this.#random() * 2 - 1) * jitterMs)
  }
}

function checkFault(name: string, value: unknown): void {
  const expected = expectation(name, value)
  if (expected) throw new RangeError(`fault ${name}: expected ${expected}, got ${JSON.stringify(value)}`)
}

/** What the value should have been, or undefined when it is right. */
function expectation(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'refuse':
    case 'blackhole':
    case 'badJson':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'delayMs':
    case 'jitterMs':
      return isBetween(value, 0, LONGEST_DELAY_MS) ? undefined : `0 to ${LONGEST_DELAY_MS} milliseconds`
    case 'sliceBytes':
    case 'limitBytes':
      return Number.isSafeInteger(value) && isBetween(value, 0, Number.MAX_SAFE_INTEGER)
        ? undefined
        : 'a whole number of bytes, or 0 for off'
    case 'httpStatus':
      return value === 0 || (Number.isInteger(value) && isBetween(value, 200, 599))
        ? undefined
        : 'a status from 200 to 599, or 0 for off'
    default:
      return `one of ${Object.keys(NONE).join(', ')}`
  }
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

function listen(listeners: Set<Listener>, listener: Listener): () => void {
  // Wrapped, so that the same function given twice is two listeners with two ends.
  const entry = () => listener()
  listeners.add(entry)
  return () => {
    listeners.delete(entry)
  }
}

/** Calls every listener even when one throws: a cut that reaches only some connections is no cut. */
function notify(listeners: Set<Listener>): void {
  const errors: unknown[] = []
  for (const listener of [...listeners]) {
    try {
      listener()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'a fault listener failed')
}
