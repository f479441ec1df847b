import { ratio, type Standing } from '../rounds.ts'
import type { Table } from '../section.ts'
import { fixed, ms, shown, times, whole } from '../show.ts'

/** The contenders of one engine at one delay. */
export function throughputTable(
  caption: string,
  standings: readonly (Standing & { readonly label: string })[],
  perRequest?: Standing,
  tutorial?: Standing,
): Table {
  const compared = [
    ...(perRequest ? [{ head: '÷ connect per request', base: perRequest }] : []),
    ...(tutorial ? [{ head: '÷ tutorial', base: tutorial }] : []),
  ]
  return {
    caption,
    columns: [
      'what answers',
      'requests/s',
      'p50',
      'p95',
      'p99',
      'CPU s per 1,000',
      ...compared.map(({ head }) => head),
    ],
    rows: standings.map((standing) => {
      const { label, requestsPerSecond, p50, p95, p99, cpuPerThousand, failure } = standing
      if (failure !== undefined) {
        return [label, `**failed:** ${failure}`, '', '', '', '', ...compared.map(() => '')]
      }
      return [
        label,
        shown(requestsPerSecond, whole),
        shown(p50, ms),
        shown(p95, ms),
        shown(p99, ms),
        cpuPerThousand ? shown(cpuPerThousand, fixed(2)) : 'not told by this system',
        ...compared.map(({ base }) =>
          base.name === standing.name || base.failure !== undefined
            ? ''
            : shown(ratio(standing, base), times),
        ),
      ]
    }),
  }
}
