/** The moment at which a request's answer is due, and what is left until then. */
export interface Deadline {
  /** Epoch ms. */
  readonly at: number
}

/** What is left of a deadline, of `most` ms at most; never below 0. Without one all of it is. */
export function leftOf(deadline: Deadline | undefined, now: number, most: number): number {
  return deadline === undefined ? most : Math.max(0, Math.min(most, deadline.at - now))
}
