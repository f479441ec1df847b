/** How long and how often is measured. */
export interface Settings {
  /** Measured rounds; each takes every contender once. */
  readonly rounds: number
  /** Load on one contender in one round. */
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Clients at a time, each with one request under way. */
  readonly connections: number
  /** How many objects are opened to see what the first request costs and what the later ones. */
  readonly objects: number
  readonly laterRequests: number
  /** After which a request without an answer counts as hanging. */
  readonly hangMs: number
}

export const FULL: Settings = {
  rounds: 5,
  seconds: 5,
  warmUpSeconds: 3,
  connections: 32,
  objects: 9,
  laterRequests: 20,
  hangMs: 5_000,
}

/** To see that everything works; too short to compare anything by. */
export const QUICK: Settings = {
  ...FULL,
  rounds: 2,
  seconds: 2,
  warmUpSeconds: 1,
  objects: 3,
  laterRequests: 10,
  hangMs: 2_000,
}
