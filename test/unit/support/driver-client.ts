import type { DriverClient, OnAnswer } from '../../../src/engines/postgres-session.ts'

/** What the driver asks of its server, in order; the test decides when and how it is answered. */
type Question = (error?: Error) => void

/** Stands in for the driver's `Client`, with what of its behaviour the pool counts on. */
export class FakeClient implements DriverClient {
  /** Not answered yet, in order. */
  readonly questions: Question[] = []
  readonly connection = {
    stream: {
      destroy: () => {
        this.isDestroyed = true
      },
    },
  }
  /** Whether nothing is answered, not even the end. */
  isSilent = false
  hasEnded = false
  isDestroyed = false
  readonly #isHeld: () => boolean
  readonly #listeners: ((error: unknown) => void)[] = []

  constructor(isHeld: () => boolean) {
    this.#isHeld = isHeld
  }

  connect(done: (error?: unknown) => void): void {
    this.#ask(done)
  }

  query<Row extends object>(_text: string, _parameters: unknown[], done: OnAnswer<Row>): void {
    this.#ask((error) => done(error, { rows: [] }))
  }

  on(_event: 'error', listener: (error: unknown) => void): void {
    this.#listeners.push(listener)
  }

  /** What runs fails when the socket is closed. */
  end(): void {
    this.hasEnded = true
    if (!this.isSilent) queueMicrotask(() => this.#failAll())
  }

  /** The connection ends by itself: the driver tells so of the session's error, and again of its socket's end. */
  fail(): void {
    this.#failAll()
    for (let times = 0; times < 2; times++) {
      for (const listener of this.#listeners) listener(new Error('Connection terminated unexpectedly'))
    }
  }

  answer(error?: Error): void {
    this.questions.shift()?.(error)
  }

  #ask(question: Question): void {
    this.questions.push(question)
    // Refused, as everything else that still runs.
    if (this.hasEnded) this.end()
    else if (!this.isSilent && !this.#isHeld()) queueMicrotask(() => this.answer())
  }

  #failAll(): void {
    for (const question of this.questions.splice(0)) question(new Error('Connection terminated'))
  }
}

/** Makes clients, and has them answered at once unless they are held. */
export class FakeDriver {
  readonly clients: FakeClient[] = []
  isHeld = false
  /** Whether making a client throws, as the driver's does on a connection string that it cannot read. */
  cannotBegin = false

  readonly client = (): FakeClient => {
    if (this.cannotBegin) throw new TypeError('Invalid URL string.')
    const client = new FakeClient(() => this.isHeld)
    this.clients.push(client)
    return client
  }

  /** Those that were not ended from here. */
  get live(): FakeClient[] {
    return this.clients.filter(({ hasEnded }) => !hasEnded)
  }
}
