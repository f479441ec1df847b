import { expect, test } from 'vitest'
import { failuresOf, limitedByLoad, type Round, ratio, type Standing } from '../../../dev/bench/rounds.ts'
import { spreadOf } from '../../../dev/bench/spread.ts'

const ROUND: Round = {
  answers: 1,
  requestsPerSecond: 1,
  seconds: 1,
  p50: 1,
  p95: 1,
  p99: 1,
  bytes: 1,
  faults: {},
  generatorCores: 0,
  cpuPerThousand: undefined,
}

function standing(rates: readonly number[], failure?: string): Standing {
  const spread = spreadOf(rates)
  return {
    name: 'one',
    requestsPerSecond: spread,
    p50: spread,
    p95: spread,
    p99: spread,
    cpuPerThousand: undefined,
    generatorCores: spreadOf([0.5]),
    failure,
    rounds: rates.map((requestsPerSecond) => ({ ...ROUND, requestsPerSecond })),
  }
}

test('a ratio is of rounds, each of which met the same machine', () => {
  // The machine was half as fast in the second round: by rounds nothing changed.
  expect(ratio(standing([200, 100, 200]), standing([100, 50, 100]))).toEqual({ median: 2, min: 2, max: 2 })
})

test('what the load generator limited is named', () => {
  const busy = { ...standing([1]), name: 'quick', generatorCores: spreadOf([0.8, 0.9, 0.95]) }
  expect(limitedByLoad([standing([1]), busy])).toEqual(['quick'])
})

test('who gave a wrong answer is compared with nobody', () => {
  expect(ratio(standing([200]), standing([100], '3 timeouts')).median).toBeNaN()
  expect(failuresOf([standing([1]), standing([1], '3 timeouts')])).toEqual(['one: 3 timeouts'])
})
