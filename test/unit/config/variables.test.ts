import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
import { LIMIT_VARIABLES } from '../support/limit-variables.ts'
import { PLACE_VARIABLES } from '../support/place-variables.ts'
import { LEAST, POOL_VARIABLES } from '../support/pool-variables.ts'

for (const { name, good, bad, read, base = LEAST } of [
  ...POOL_VARIABLES,
  ...PLACE_VARIABLES,
  ...LIMIT_VARIABLES,
]) {
  for (const [value, expected] of good) {
    test(`${name} may be ${JSON.stringify(value)}`, () => {
      const result = parseConfig({ ...base, [name]: value })
      if (!result.ok) throw new Error(JSON.stringify(result.faults))
      expect(read(result.config)).toEqual(expected ?? (value === '' || isBlank(value) ? undefined : value))
    })
  }
  for (const value of bad) {
    test(`${name} may not be ${JSON.stringify(value) ?? String(value)}`, () => {
      const result = parseConfig({ ...base, [name]: value })
      const faults = result.ok ? [] : result.faults
      expect(faults.map(({ variable }) => variable)).toContain(name)
      expect(new Set(faults.map(({ variable }) => variable))).toEqual(new Set([name]))
      for (const { reason } of faults) expect(reason).not.toBe('')
    })
  }
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === ''
}
