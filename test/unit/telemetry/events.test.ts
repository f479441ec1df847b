import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LEVELS } from '../../../src/telemetry/events.ts'

const ROOT = new URL('../../../', import.meta.url)
const textOf = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

/** Names that stand as `event: '…'` in what calls `log`. */
function emitted(): string[] {
  const files = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('telemetry/events.ts'))
  const loggers = files.map(textOf).filter((text) => /\blog\(/.test(text))
  const names = loggers.flatMap((text) => [...text.matchAll(/\bevent: '([\w.]+)'/g)].map(([, name]) => name))
  // Its one place makes the event in a file of its own.
  const request = /event: '(request)'/.exec(textOf('src/edge/request-event.ts'))?.[1]
  return [...new Set([...names, request])].filter((name) => name !== undefined).sort()
}

test('every listed event is emitted somewhere, and every emitted one is listed', () => {
  expect(emitted()).toEqual(Object.keys(LEVELS).sort())
})

test("the README's table has every event with its level, and no other", () => {
  const rows = [...textOf('README.md').matchAll(/^\| `([\w.]+)` \| (info|warn|error) \|/gm)]
  expect(Object.fromEntries(rows.map(([, name, level]) => [name, level]))).toEqual(LEVELS)
})
