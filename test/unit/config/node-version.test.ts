import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../../dev/local/worker/bundle.ts'

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')

/** The oldest of a line of Node that package.json asks for. */
const LEAST = { major: 22, minor: 13 }

interface Lock {
  readonly packages: Record<
    string,
    { readonly engines?: { readonly node?: string }; readonly os?: readonly string[] }
  >
}

/** Whether a range such as `^20.19.0 || >=22.12.0` has the oldest Node that is asked for. */
function takesLeast(range: string): boolean {
  return range.split('||').some((part) => {
    const [, operator = '', major = '0', minor = '0'] = /^\s*(>=|\^|)\s*v?(\d+)\.?(\d+|)/.exec(part) ?? []
    const isOldEnough = Number(major) < LEAST.major || Number(minor) <= LEAST.minor
    return operator === '>='
      ? Number(major) <= LEAST.major && isOldEnough
      : Number(major) === LEAST.major && isOldEnough
  })
}

test('no package that npm ci installs warns of the Node that package.json asks for', () => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  expect(engines.node).toContain(`^${LEAST.major}.${LEAST.minor}.0`)
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  // What is for Windows alone is not installed where Rockpool runs.
  const ranges = Object.entries(packages).flatMap(([name, { engines: its, os = ['linux'] }]) =>
    its?.node && !os.includes('win32') ? [`${name}: ${its.node}`] : [],
  )
  expect(ranges.length).toBeGreaterThan(100)
  expect(ranges.filter((range) => !takesLeast(range.replace(/^.*: /, '')))).toEqual([])
})

test('the README names the same Node, and .nvmrc one of them', () => {
  expect(read('README.md')).toContain(
    `You need Node ${LEAST.major} (from ${LEAST.major}.${LEAST.minor}), 24 or newer`,
  )
  expect(read('.nvmrc')).toBe('24\n')
})
