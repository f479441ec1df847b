import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bundle } from '../../dev/local/worker/bundle.ts'

const dir = mkdtempSync(join(tmpdir(), 'rockpool-bundle-'))

afterAll(() => rmSync(dir, { recursive: true, force: true }))

it('a deploy gives the MongoDB driver our sockets, with and without TLS', async () => {
  const { file } = await bundle(dir)
  // The option by which they read more at a time; nobody else uses it, and no minifier renames it.
  expect(readFileSync(file, 'utf8').match(/\bonread:/g)).toHaveLength(2)
})
