import { expect, test } from 'vitest'
import { fleetHistory } from '../../../../src/edge/dashboard/fleet-history.ts'

const at = (seconds: number, used: number) => ({ at: seconds * 1_000, used, free: 1, waiting: 2 })

test('adds the clusters up at each moment, and says what each of them has', () => {
  const samples = fleetHistory([
    { cluster: 'primary', samples: [at(5, 3), at(10, 4)] },
    { cluster: 'mongo', samples: [at(5, 10), at(10, 20)] },
  ])
  expect(samples).toEqual([
    {
      at: 5_000,
      used: 13,
      free: 2,
      waiting: 4,
      clusters: { primary: { used: 3, free: 1, waiting: 2 }, mongo: { used: 10, free: 1, waiting: 2 } },
    },
    expect.objectContaining({ at: 10_000, used: 24 }),
  ])
})

test('a cluster in which nothing changed counts with its last sample until a heartbeat was missed', () => {
  const samples = fleetHistory([
    { cluster: 'primary', samples: [at(5, 3), at(40, 4), at(45, 5)] },
    { cluster: 'mongo', samples: [at(5, 10)] },
  ])
  expect(samples.map(({ used }) => used)).toEqual([13, 14, 5])
  expect(samples[2]?.clusters).not.toHaveProperty('mongo')
})

test('is empty where nothing was reported', () => {
  expect(fleetHistory([{ cluster: 'primary', samples: [] }])).toEqual([])
})
