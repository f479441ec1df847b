import { describe, expect, it } from 'vitest'
import { costOf } from '../../../dev/bench/layers/costs.ts'
import { LAYERS, NAMES, type Name } from '../../../dev/bench/layers/layers.ts'
import type { Round, Standing } from '../../../dev/bench/rounds.ts'
import { spreadOf } from '../../../dev/bench/spread.ts'

function standing(name: Name, perSecond: readonly number[], cpuPerThousand?: number): Standing {
  const rounds = perSecond.map(
    (requestsPerSecond): Round => ({
      answers: requestsPerSecond,
      requestsPerSecond,
      seconds: 1,
      p50: 1,
      p95: 1,
      p99: 1,
      bytes: 1,
      faults: {},
      generatorCores: 0,
      cpuPerThousand,
    }),
  )
  const one = spreadOf([1])
  return {
    name,
    requestsPerSecond: spreadOf(perSecond),
    p50: one,
    p95: one,
    p99: one,
    cpuPerThousand: cpuPerThousand === undefined ? undefined : spreadOf([cpuPerThousand]),
    generatorCores: one,
    failure: undefined,
    rounds,
  }
}

/** Every contender at 1,000 requests/s, but for those given. */
function standings(given: readonly Standing[]): Record<Name, Standing> {
  const all = NAMES.map((name) => [name, given.find((one) => one.name === name) ?? standing(name, [1_000])])
  return Object.fromEntries(all) as Record<Name, Standing>
}

const layerOf = (name: string) => {
  const layer = LAYERS.find((one) => one.name === name)
  if (!layer) throw new Error(`no layer ${name}`)
  return layer
}

describe('what a layer costs', () => {
  it('compares the two halves of each round, and no other', () => {
    const on = standing('everything on', [500, 1_000, 2_000], 1.5)
    const off = standing('silent', [1_000, 2_000, 2_500], 1.2)
    const { share, micros, cpuMicros } = costOf(layerOf('telemetry'), standings([on, off]))
    expect(share).toEqual({ median: 0.5, min: 0.5, max: 0.8 })
    expect(micros).toEqual({ median: 500, min: 100, max: 1_000 })
    expect(cpuMicros).toBeCloseTo(300)
  })

  it('is less than nothing where the layer saves work', () => {
    const cached = standing('cached', [2_000])
    const { micros, cpuMicros } = costOf(layerOf('cache'), standings([cached]))
    expect(micros.median).toBe(-500)
    expect(cpuMicros).toBeUndefined()
  })

  it('is asked of two that are both measured, for every layer of the hot path', () => {
    const layers = LAYERS.map(({ name }) => name.replace(/,.*/, ''))
    expect(new Set(layers)).toEqual(
      new Set(['identify', 'directory', 'limiter', 'hop', 'lease', 'cache', 'telemetry']),
    )
    for (const { with: on, without } of LAYERS) expect(on).not.toBe(without)
  })
})
