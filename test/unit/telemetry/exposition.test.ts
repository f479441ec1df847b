import { expect, test } from 'vitest'
import { BOUNDS_MS } from '../../../src/pools/histogram.ts'
import { printFamilies } from '../../../src/telemetry/exposition.ts'
import { counter, gauge, histogram } from '../../../src/telemetry/family.ts'
import { samplesOf } from '../../support/samples.ts'

test('a gauge and a counter in the older format: names, labels and values, ending with a line end', () => {
  const families = [
    gauge('db_pool_size', 'Open connections.', [{ labels: { cluster: 'mongo', pool: 'a' }, value: 3 }]),
    counter('db_pool_leases', 'Leases.', [{ labels: {}, value: 12 }]),
  ]
  expect(printFamilies(families, 'prometheus')).toBe(
    [
      '# HELP db_pool_size Open connections.',
      '# TYPE db_pool_size gauge',
      'db_pool_size{cluster="mongo",pool="a"} 3',
      '# HELP db_pool_leases_total Leases.',
      '# TYPE db_pool_leases_total counter',
      'db_pool_leases_total 12',
      '',
    ].join('\n'),
  )
})

test('in OpenMetrics the counter has its suffix in the sample alone, a histogram its unit, and the text its end', () => {
  const text = printFamilies(
    [
      counter('db_pool_leases', 'Leases.', [{ labels: {}, value: 12 }]),
      histogram('wait_seconds', 'Waiting.', [{ labels: {}, buckets: { counts: [1], sum: 0 } }]),
    ],
    'openmetrics',
  )
  expect(text).toContain(
    '# HELP db_pool_leases Leases.\n# TYPE db_pool_leases counter\ndb_pool_leases_total 12\n',
  )
  expect(text).toContain('# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n')
  expect(text).toContain('wait_seconds_bucket{le="0.5"} 1\nwait_seconds_bucket{le="1.0"} 1\n')
  expect(text.endsWith('\n# EOF\n')).toBe(true)
})

test('what a label holds is printed so that it can be read back, whatever it is', () => {
  const nasty = 'a"b\\c\nd{e}="f",\\n'
  const text = printFamilies(
    [gauge('odd', 'Back\\slash\nand line.', [{ labels: { nasty }, value: 1 }])],
    'prometheus',
  )
  expect(text).toContain('# HELP odd Back\\\\slash\\nand line.\n')
  expect(text.split('\n')).toHaveLength(4)
  expect([...samplesOf(text).keys()]).toEqual([`odd{nasty="${nasty}"}`])
})

test('a quote in a help is escaped in OpenMetrics, and not in the older format, which would show the backslash', () => {
  const families = [gauge('quoted', 'Says "no".', [])]
  expect(printFamilies(families, 'prometheus')).toContain('# HELP quoted Says "no".\n')
  expect(printFamilies(families, 'openmetrics')).toContain('# HELP quoted Says \\"no\\".\n')
})

test('a histogram is in seconds and cumulative, and its last bucket is its count', () => {
  const counts = BOUNDS_MS.map(() => 1)
  const text = printFamilies(
    [
      histogram('wait_seconds', 'Waiting.', [
        { labels: { cluster: 'a' }, buckets: { counts: [...counts, 5], sum: 1500 } },
      ]),
    ],
    'prometheus',
  )
  const samples = samplesOf(text)
  expect(samples.get('wait_seconds_count{cluster="a"}')).toBe(BOUNDS_MS.length + 5)
  expect(samples.get('wait_seconds_sum{cluster="a"}')).toBe(1.5)
  expect(samples.get('wait_seconds_bucket{cluster="a",le="+Inf"}')).toBe(BOUNDS_MS.length + 5)
  // As many as there are bounds up to it: one value went into each.
  for (const le of [0.001, 0.05, 1, 20, 100]) {
    const atMost = BOUNDS_MS.filter((bound) => bound <= le * 1000).length
    expect(samples.get(`wait_seconds_bucket{cluster="a",le="${le}"}`)).toBe(atMost)
  }
})

test("OpenTelemetry's bounds are all printed", () => {
  const text = printFamilies(
    [histogram('wait_seconds', 'Waiting.', [{ labels: {}, buckets: { counts: [], sum: 0 } }])],
    'prometheus',
  )
  const bounds = [...text.matchAll(/le="([^"]+)"/g)].map(([, le]) => le)
  expect(bounds).toEqual(
    expect.arrayContaining(['0.001', '0.005', '0.01', '0.05', '0.1', '0.5', '1', '5', '10']),
  )
})
