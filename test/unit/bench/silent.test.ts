import { globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aliasesOf, SILENCED } from '../../../dev/bench/layers/silenced.ts'
import { ROOT } from '../../../dev/local/worker/bundle.ts'

const SRC = resolve(ROOT, 'src')

/** Every import of a relative path under src: as it is written, and where it leads, from src. */
function imports(): { written: string; path: string }[] {
  return globSync(`${SRC}/**/*.ts`).flatMap((file) => {
    const found = readFileSync(file, 'utf8').matchAll(/^(?!import type).*?from '(\.[^']+)'/gm)
    return [...found].map(([, written = '']) => ({
      written,
      path: relative(SRC, resolve(dirname(file), written)),
    }))
  })
}

describe('the bundle without telemetry', () => {
  const aliases = aliasesOf(SILENCED)

  it('replaces what it silences wherever it is imported', () => {
    const silenced = imports().filter(({ path }) => path in SILENCED)
    expect(silenced.length).toBeGreaterThan(0)
    expect(silenced.filter(({ written }) => !(written in aliases))).toEqual([])
  })

  it('replaces nothing else that is imported by the same words', () => {
    expect(imports().filter(({ written, path }) => written in aliases && !(path in SILENCED))).toEqual([])
  })
})
