/** Clients at a time, each with one request under way; and connections of every pool that they share. */
export const CLIENTS = 32

/** How long and how often is measured. */
export interface Settings {
  /** To see that everything works; too short to compare anything by. */
  readonly quick: boolean
  /** Measured rounds; each takes every contender once. */
  readonly rounds: number
  /** Load on one contender in one round, a short lead-in included. */
  readonly seconds: number
  /** Long enough for V8 to have optimized what a request runs; it goes on doing so for seconds, whoever answers. */
  readonly warmUpSeconds: number
  /** Clients at a time, each with one request under way. */
  readonly connections: number
}

export const FULL: Settings = {
  quick: false,
  rounds: 5,
  seconds: 1.2,
  warmUpSeconds: 3,
  connections: CLIENTS,
}
export const QUICK: Settings = {
  quick: true,
  rounds: 1,
  seconds: 0.4,
  warmUpSeconds: 0.2,
  connections: CLIENTS,
}
