import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { promtool, promtoolTest } from '../../support/promtool.ts'

const FOLDER = new URL('../../../ops/prometheus/', import.meta.url).pathname

promtoolTest('the alert rules are rules', () => {
  expect(promtool(['check', 'rules', `${FOLDER}rockpool.rules.yml`])).toMatch(/SUCCESS: \d+ rules found/)
})

promtoolTest('every alert fires when it is meant to, and not before', () => {
  const rules = readFileSync(`${FOLDER}rockpool.rules.yml`, 'utf8')
  const tests = readFileSync(`${FOLDER}rockpool.rules.test.yml`, 'utf8')
  for (const [, alert = ''] of rules.matchAll(/- alert: (\w+)/g)) expect(tests).toContain(alert)
  expect(promtool(['test', 'rules', `${FOLDER}rockpool.rules.test.yml`])).toContain('SUCCESS')
})

promtoolTest('the configuration is one', () => {
  // No further than its syntax: the file with the token is not here.
  const checked = promtool(['check', 'config', '--syntax-only', `${FOLDER}prometheus.yml`])
  expect(checked).toContain('SUCCESS')
})
