import { spawnSync } from 'node:child_process'
import { test } from 'vitest'

/** promtool's exit status when what it read is right, and it has advice. */
const ADVICE = 3

/** Runs Prometheus' own checker and returns its output. Throws when it found something wrong. */
export function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  const text = `${stdout}${stderr}`
  if (status !== 0 && status !== ADVICE)
    throw new Error(`promtool ${args.join(' ')} ended with ${status}:\n${text}`)
  return text
}

const isThere = spawnSync('promtool', ['--version']).status === 0
if (!isThere)
  console.warn("promtool is not on this machine (Debian's package prometheus): its tests are skipped")

/** A test that needs promtool: skipped, and said so, where there is none. */
export const promtoolTest = test.skipIf(!isThere)
