import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readmePart, withPart } from '../../../dev/bench/readme.ts'
import type { Run } from '../../../dev/bench/run.ts'
import { FULL } from '../../../dev/bench/settings.ts'

const RUN: Run = {
  at: '2026-11-21T12:00:00.000Z',
  machine: {
    cores: 2,
    processor: 'a processor',
    node: '24',
    workerd: '1',
    postgres: '18',
    mongo: 'a server',
    redis: 'a Redis',
    loadGenerator: 'autocannon 9',
  },
  settings: FULL,
  loadAverage: { before: 0.1, after: 2 },
  seconds: 600,
  sections: [
    {
      id: 'one',
      title: 'One',
      question: 'How fast?',
      seconds: 1,
      failures: [],
      result: {
        tables: [],
        notes: [],
        headline: { columns: ['a', 'b'], rows: [['1', '2']] },
        charts: [{ name: 'fast', title: 'Fast', bars: [] }],
        goals: [
          { goal: 'fast: at least 2x', seen: '1x', met: false, isOpen: false },
          { goal: 'small: at most 5', seen: '4 (3–6)', met: true, isOpen: true },
        ],
        figures: {},
      },
    },
  ],
}

test('the README tells figures, missed goals and the machine', () => {
  const part = readmePart(RUN)
  expect(part).toContain('| a | b |\n| --- | --- |\n| 1 | 2 |\n')
  expect(part).toContain('![Fast](docs/bench/fast.svg)')
  expect(part).toContain('| fast: at least 2x | 1x | **not met** |')
  expect(part).toContain('| small: at most 5 | 4 (3–6) | met, open |')
  expect(part).toContain('2 cores (a processor)')
})

test('a part takes the place of the last one, and of nothing else', async () => {
  const readme = await readFile('README.md', 'utf8')
  const once = withPart(readme, readmePart(RUN))
  expect(once).toContain('fast: at least 2x')
  expect(withPart(once, readmePart(RUN))).toBe(once)
  const [head = '', tail = ''] = readme.split(/<!-- bench: begin.*bench: end -->/s)
  expect(once.startsWith(head)).toBe(true)
  expect(once.endsWith(tail)).toBe(true)
})

test('a README without its markers is left alone', () => {
  expect(() => withPart('# Rockpool\n', 'figures')).toThrow(/no "<!-- bench: begin/)
})
