import { BOUNDS_MS } from '../pools/histogram.ts'
import type { Family, HistogramSample, Labels } from './family.ts'

/**
 * Prometheus' text format and OpenMetrics (prometheus.io/docs/instrumenting/exposition_formats,
 * prometheus.io/docs/specs/om/open_metrics_spec). By hand, because these are totals that others have counted, and
 * prom-client can only be given one observation after the other.
 */
export type ExpositionFormat = 'prometheus' | 'openmetrics'

export const EXPOSITION_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/**
 * The bounds that are printed: half of those that are counted, in steps of 1, 2 and 5. What OpenTelemetry advises for
 * durations is among them.
 */
const PRINTED_MS = BOUNDS_MS.filter((bound) => /^[125]0*$/.test(String(bound)))

/** The text that a scraper gets. */
export function printFamilies(families: readonly Family[], format: ExpositionFormat): string {
  const text = families.map((family) => printFamily(family, format)).join('')
  return format === 'openmetrics' ? `${text}# EOF\n` : text
}

function printFamily(family: Family, format: ExpositionFormat): string {
  const { name, type, help } = family
  const sampled = type === 'counter' ? `${name}_total` : name
  // In OpenMetrics the suffix belongs to the sample and not to the family.
  const named = format === 'openmetrics' ? name : sampled
  const lines = [`# HELP ${named} ${escapeHelp(help, format)}`, `# TYPE ${named} ${type}`]
  if (format === 'openmetrics' && type === 'histogram') lines.push(`# UNIT ${named} seconds`)
  if (family.type === 'histogram') {
    for (const sample of family.samples) lines.push(...histogramLines(name, sample, format))
  } else {
    for (const { labels, value } of family.samples) lines.push(`${sampled}${printLabels(labels)} ${value}`)
  }
  return `${lines.join('\n')}\n`
}

function histogramLines(
  name: string,
  { labels, buckets }: HistogramSample,
  format: ExpositionFormat,
): string[] {
  const line = (suffix: string, value: number, more: Labels = {}) =>
    `${name}_${suffix}${printLabels({ ...labels, ...more })} ${value}`
  let counted = 0
  const lines: string[] = []
  for (const [bucket, bound] of BOUNDS_MS.entries()) {
    counted += buckets.counts[bucket] ?? 0
    if (PRINTED_MS.includes(bound)) lines.push(line('bucket', counted, { le: printBound(bound, format) }))
  }
  counted += buckets.counts[BOUNDS_MS.length] ?? 0
  return [
    ...lines,
    line('bucket', counted, { le: '+Inf' }),
    line('sum', buckets.sum / 1000),
    line('count', counted),
  ]
}

/** OpenMetrics wants a whole bound as `1.0`, which the older format never wrote. */
function printBound(boundMs: number, format: ExpositionFormat): string {
  const seconds = boundMs / 1000
  return format === 'openmetrics' && Number.isInteger(seconds) ? seconds.toFixed(1) : String(seconds)
}

function printLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

/** A quote is escaped in OpenMetrics alone: the older format knows no other escapes in a help than these two. */
function escapeHelp(help: string, format: ExpositionFormat): string {
  return format === 'openmetrics' ? escapeLabel(help) : help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
