import { expect, it } from 'vitest'
import { bytesPerPool } from '../../../dev/bench/cold/memory.ts'

it('the memory of a pool is what each one since the step before has added', () => {
  const before = { pools: 10, residentBytes: 90_000_000 }
  expect(bytesPerPool(before, { pools: 110, residentBytes: 110_000_000 })).toBe(200_000)
})
