import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bundle } from '../../dev/local/worker/bundle.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const dir = temporaryFolder('bundle')

it('a deploy gives the MongoDB driver our sockets, with and without TLS', async () => {
  const { file } = await bundle(dir)
  // The option by which they read more at a time; nobody else uses it, and no minifier renames it.
  expect(readFileSync(file, 'utf8').match(/\bonread:/g)).toHaveLength(2)
})
