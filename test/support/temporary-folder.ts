import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/**
 * A folder for the tests of a file or of a `describe`, removed after them. Others may pass through it: where root runs the
 * tests, Postgres runs as another user, and would keep its data elsewhere if it could not get in.
 */
export function temporaryFolder(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `rockpool-${name}-`))
  chmodSync(dir, 0o711)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
