import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { localSecrets } from '../../dev/local/secrets.ts'

test('secrets are kept, and one that a directory from before lacks is made beside them', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rockpool-secrets-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'secrets.json'), JSON.stringify({ adminToken: 'noted down' }))
  const first = await localSecrets(dir)
  expect(first.adminToken).toBe('noted down')
  expect(first.mongoPassword).toMatch(/^[\w-]{43}$/)
  expect(await localSecrets(dir)).toEqual(first)
})
