import { describe, expect, it } from 'vitest'
import { busyTime } from '../../../dev/bench/cold/startup-profile.ts'

const nodeOf = (id: number, functionName: string) => ({ id, callFrame: { functionName } })
const nodes = [
  nodeOf(1, '(root)'),
  nodeOf(2, '(idle)'),
  nodeOf(3, '(garbage collector)'),
  nodeOf(4, 'parse'),
  nodeOf(5, '(program)'),
]

describe('the busy time of a profile', () => {
  it('is all of its samples but for those in which nothing ran', () => {
    const profile = {
      nodes,
      samples: [2, 4, 4, 5, 3, 2],
      timeDeltas: [80_000, 1_000, 2_000, 500, 250, 9_000],
    }
    expect(busyTime(profile)).toEqual({ activeMs: 3.75, collectingGarbageMs: 0.25 })
  })

  it('is none where nothing was sampled', () => {
    expect(busyTime({ nodes })).toEqual({ activeMs: 0, collectingGarbageMs: 0 })
  })
})
