/// <reference path="./parse-prometheus-text-format.d.ts" />
import parsePrometheusTextFormat from 'parse-prometheus-text-format'

/**
 * Every sample of a text in Prometheus' format, by name and labels: `up{job="a"}`. Read without its metadata, because the
 * parser makes one histogram of all that have a name (1.1.1, flattenMetrics).
 */
export function samplesOf(text: string): Map<string, number> {
  const plain = text.replace(/^# .*\n/gm, '')
  return new Map(
    parsePrometheusTextFormat(plain).flatMap(({ name, metrics }) =>
      metrics.map(({ labels = {}, value }) => [`${name}${printed(labels)}`, Number(value)] as const),
    ),
  )
}

/** The type of every metric, in capitals, by its name. */
export function typesOf(text: string): Map<string, string> {
  return new Map(parsePrometheusTextFormat(text).map(({ name, type }) => [name, type]))
}

function printed(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
