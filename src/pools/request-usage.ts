import type { Problem, ProblemCode } from '../problem.ts'

/** What a request did where it ran, times in ms; what did not happen is absent. */
export interface Spent {
  /** Pattern of the route that answered it. */
  readonly route?: string
  /** Waiting for connections. */
  readonly waitMs?: number
  /** From handing statements to the driver to their answers, summed. */
  readonly dbMs?: number
  /** Whether every connection that it got had served somebody before. */
  readonly reused?: boolean
  /** What it was refused for, and what the database's error was, if that was one. */
  readonly code?: ProblemCode
  readonly fault?: string
}

/** What one request is known by where it runs, and what it has spent there. */
export class RequestUsage {
  readonly requestId: string
  readonly traceId: string | undefined
  #route: string | undefined
  #waitMs: number | undefined
  #dbMs: number | undefined
  #reused: boolean | undefined
  #refused: { readonly code: ProblemCode; readonly fault?: string | undefined } | undefined

  constructor({ requestId, traceId }: { requestId: string; traceId?: string | undefined }) {
    this.requestId = requestId
    this.traceId = traceId
  }

  /** A route with this pattern answered it. */
  routed(pattern: string): void {
    this.#route = pattern
  }

  /** It waited so long for a connection, whether it got one or not. */
  waited(ms: number): void {
    this.#waitMs = (this.#waitMs ?? 0) + ms
  }

  /** It got a connection. */
  leased(reused: boolean): void {
    this.#reused = reused && this.#reused !== false
  }

  /** A statement of it was with the database for so long. */
  queried(ms: number): void {
    this.#dbMs = (this.#dbMs ?? 0) + ms
  }

  /** It was refused. */
  refused({ code, fault }: Problem): void {
    this.#refused = { code, fault }
  }

  spent(): Spent {
    return {
      ...(this.#route !== undefined && { route: this.#route }),
      ...(this.#waitMs !== undefined && { waitMs: this.#waitMs }),
      ...(this.#dbMs !== undefined && { dbMs: this.#dbMs }),
      ...(this.#reused !== undefined && { reused: this.#reused }),
      ...(this.#refused && { code: this.#refused.code }),
      ...(this.#refused?.fault !== undefined && { fault: this.#refused.fault }),
    }
  }
}
