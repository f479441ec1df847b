import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allFamilies } from '../../../src/edge/metrics/families.ts'
import { printFamilies } from '../../../src/telemetry/exposition.ts'
import { samplesOf } from '../../support/samples.ts'
import { MEASURED } from '../support/measured.ts'

const read = (path: string) => readFileSync(new URL(`../../../ops/${path}`, import.meta.url), 'utf8')

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
  readonly templating: { readonly list: readonly { readonly definition?: string }[] }
}

/** Names of samples, and those that Prometheus itself adds to every scrape. */
const printed = new Set([
  'up',
  ...[...samplesOf(printFamilies(allFamilies(MEASURED), 'prometheus')).keys()].map((key) =>
    key.replace(/\{.*/s, ''),
  ),
])

/** The metrics that a PromQL expression reads: names that are no function, no label and no keyword. */
function metricsOf(expr: string): string[] {
  const bare = expr
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring) *\([^)]*\)/g, '')
  return [...bare.matchAll(/\b[a-z_][a-z0-9_]*\b(?! *\()/g)]
    .map(([name]) => name)
    .filter((name) => !['and', 'or', 'unless', 'bool'].includes(name))
}

const dashboard = JSON.parse(read('grafana/rockpool.json')) as Dashboard
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
)
const alerts = [
  ...read('prometheus/rockpool.rules.yml').matchAll(/- alert: (\w+)[\s\S]*?expr: ([\s\S]*?)\n +for:/g),
].map(([, name = '', expr = '']) => [name, expr.replace(/^>-/, '')] as const)

test('there is something to compare', () => {
  expect(queries.length).toBeGreaterThan(20)
  expect(alerts).toHaveLength(6)
  expect(metricsOf('sum by (le) (rate(a_bucket{b="c"}[5m])) > 0 and d / e')).toEqual(['a_bucket', 'd', 'e'])
})

test.each([...queries, ...alerts])('%s reads metrics that are printed: %s', (_, expr) => {
  const names = metricsOf(expr)
  expect(names.length).toBeGreaterThan(0)
  for (const name of names) expect(printed).toContain(name)
})

test('the choices of the dashboard come from metrics that are printed', () => {
  const definitions = dashboard.templating.list.flatMap(({ definition }) => definition ?? [])
  expect(definitions).toHaveLength(2)
  for (const definition of definitions) {
    expect(printed).toContain(/^label_values\((\w+), \w+\)$/.exec(definition)?.[1])
  }
})

test('every panel has a title and a place of its own', () => {
  const places = dashboard.panels.map((panel) => JSON.stringify(Reflect.get(panel, 'gridPos')))
  expect(new Set(places).size).toBe(places.length)
  for (const panel of dashboard.panels) expect(panel.title).not.toBe('')
})
