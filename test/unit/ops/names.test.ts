import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allFamilies } from '../../../src/edge/metrics/families.ts'
import { printFamilies } from '../../../src/telemetry/exposition.ts'
import { samplesOf } from '../../support/samples.ts'
import { MEASURED } from '../support/measured.ts'

const read = (path: string) => readFileSync(new URL(`../../../ops/${path}`, import.meta.url), 'utf8')

interface Dashboard {
  readonly uid: string
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
  readonly templating: {
    readonly list: readonly {
      readonly name: string
      readonly multi?: boolean
      readonly definition?: string
    }[]
  }
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
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
  ...read('prometheus/rockpool.rules.yml').matchAll(
    /- alert: (\w+)[\s\S]*?expr: ([\s\S]*?)\n +for:[\s\S]*?annotations:([\s\S]*?)(?=\n\n|$(?![\s\S]))/g,
  ),
].map(([, name = '', expr = '', annotations = '']) => [name, expr.replace(/^>-/, ''), annotations] as const)

test('there is something to compare', () => {
  expect(queries.length).toBeGreaterThan(20)
  expect(alerts).toHaveLength(6)
  expect(metricsOf('sum by (le) (rate(a_bucket{b="c"}[5m])) > 0 and d / e')).toEqual(['a_bucket', 'd', 'e'])
})

test.each([...queries, ...alerts.map(([name, expr]) => [name, expr] as const)])(
  '%s reads metrics that are printed: %s',
  (_, expr) => {
    const names = metricsOf(expr)
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) expect(printed).toContain(name)
  },
)

test('the choices of the dashboard come from metrics that are printed', () => {
  const definitions = dashboard.templating.list.flatMap(({ definition }) => definition ?? [])
  expect(definitions).toHaveLength(4)
  for (const definition of definitions) {
    expect(printed).toContain(/^label_values\((\w+)(?:\{.*\})?, \w+\)$/.exec(definition)?.[1])
  }
})

const SELECTED = 'job="$job",instance="$instance"'

test.each(queries)('%s shows the chosen deployment alone: %s', (_, expr) => {
  const selectors = metricsOf(expr).map((name) => expr.split(name)[1] ?? '')
  for (const selector of selectors) expect(selector.startsWith(`{${SELECTED}`)).toBe(true)
})

test('one deployment is chosen, and what may be chosen after it is of that deployment', () => {
  const choices = dashboard.templating.list.filter(({ definition }) => definition !== undefined)
  expect(choices.map(({ name, multi }) => [name, multi])).toEqual([
    ['job', false],
    ['instance', false],
    ['cluster', true],
    ['tenant', true],
  ])
  for (const { definition } of choices.slice(2)) expect(definition).toContain(`{${SELECTED}}`)
  expect(dashboard.annotations.list.map(({ expr }) => expr)).toEqual([
    `ALERTS{${SELECTED},alertstate="firing"}`,
  ])
})

test('every metric that is printed is on a panel', () => {
  const shown = new Set(queries.flatMap(([, expr]) => metricsOf(expr)))
  // A histogram is shown by its buckets or by its count.
  const family = (name: string) => name.replace(/_(bucket|sum|count)$/, '')
  const families = new Set([...shown].map(family))
  const hidden = [...printed].filter((name) => !shown.has(name) && !families.has(family(name)))
  // Prometheus' own; its alert is what shows it.
  expect(hidden).toEqual(['up'])
})

test.each(alerts)('%s leads to its deployment on the dashboard and to what to do', (name, _, annotations) => {
  const [, uid, query = ''] =
    /dashboard: "https:\/\/grafana\.example\.com\/d\/(\w+)\?(.*)"/.exec(annotations) ?? []
  expect(uid).toBe(dashboard.uid)
  const link = new URLSearchParams(query)
  expect([link.get('var-job'), link.get('var-instance')]).toEqual([
    '{{ $labels.job }}',
    '{{ $labels.instance }}',
  ])
  const panel = link.get('viewPanel')
  if (panel !== null) expect(dashboard.panels.map(({ id }) => `${id}`)).toContain(panel)
  expect(annotations).toContain(
    `runbook_url: "https://runbooks.example.com/ops/README.md#${name.toLowerCase()}"`,
  )
  expect(read('README.md')).toMatch(new RegExp(`^#+ ${name}$`, 'm'))
})

test('every panel has a title and a place of its own', () => {
  const places = dashboard.panels.map((panel) => JSON.stringify(Reflect.get(panel, 'gridPos')))
  expect(new Set(places).size).toBe(places.length)
  for (const panel of dashboard.panels) expect(panel.title).not.toBe('')
})
