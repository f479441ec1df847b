import { ratio, type Standing } from '../rounds.ts'
import { type Spread, spreadOf } from '../spread.ts'
import type { Layer, Name } from './layers.ts'

/** What one layer costs. */
export interface LayerCost {
  readonly layer: Layer
  /** Requests/s with it ÷ without it, round by round. */
  readonly share: Spread
  /** Time that it takes of a request, all processes together, in µs: negative where it saves some. */
  readonly micros: Spread
  /** Processor time of the Worker that it takes of a request, in µs, where the system tells. */
  readonly cpuMicros: number | undefined
}

export function costOf(layer: Layer, standings: Readonly<Record<Name, Standing>>): LayerCost {
  const [on, off] = [standings[layer.with], standings[layer.without]]
  const share = ratio(on, off)
  const micros = spreadOf(
    on.rounds.map((round, n) => {
      const other = off.rounds[n]?.requestsPerSecond ?? Number.NaN
      return 1e6 / round.requestsPerSecond - 1e6 / other
    }),
  )
  const cpu = [on, off].map(({ cpuPerThousand }) => cpuPerThousand?.median)
  const [cpuOn, cpuOff] = cpu
  // Seconds per thousand are milliseconds each.
  const cpuMicros = cpuOn !== undefined && cpuOff !== undefined ? (cpuOn - cpuOff) * 1_000 : undefined
  return { layer, share, micros, cpuMicros }
}
