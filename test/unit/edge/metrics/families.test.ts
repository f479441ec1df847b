import { expect, test } from 'vitest'
import { allFamilies } from '../../../../src/edge/metrics/families.ts'
import { printFamilies } from '../../../../src/telemetry/exposition.ts'
import { promtool, promtoolTest } from '../../../support/promtool.ts'
import { samplesOf, typesOf } from '../../../support/samples.ts'
import { MEASURED } from '../../support/measured.ts'

const text = printFamilies(allFamilies(MEASURED), 'prometheus')
const samples = samplesOf(text)

test("what is printed is what a parser of Prometheus' format reads", () => {
  const acme = 'cluster="primary",host="dedicated:acme",pool="acme",tenant="acme"'
  const expected = {
    [`db_client_connection_count{${acme},state="idle"}`]: 1,
    [`db_client_connection_count{${acme},state="used"}`]: 2,
    [`db_client_connection_max{${acme}}`]: 5,
    [`db_client_connection_pending_requests{${acme}}`]: 4,
    [`db_pool_size{${acme}}`]: 3,
    'db_pool_free_connections{cluster="primary",host="group:1",pool="shared",tenant=""}': 1,
    'db_client_connection_wait_time_seconds_bucket{cluster="primary",le="0.001"}': 2,
    'db_client_connection_wait_time_seconds_bucket{cluster="primary",le="0.005"}': 3,
    'db_client_connection_wait_time_seconds_bucket{cluster="primary",le="+Inf"}': 4,
    'db_client_connection_wait_time_seconds_sum{cluster="primary"}': 120.004,
    'db_client_connection_wait_time_seconds_count{cluster="replica"}': 4,
    'db_pool_leases_total{cluster="primary"}': 20,
    'db_pool_evictions_total{cluster="primary",reason="idle"}': 2,
    'db_budget_granted{cluster="primary"}': 81,
    'db_replica_bans{cluster="replica"}': 1,
    'database_health_status{cluster="primary"}': 0,
    'database_health_status{cluster="mongo"}': 1,
    rate_limiter_health_status: 1,
    'rate_limit_decisions_total{policy="tenant",outcome="refused"}': 1,
    'http_server_request_duration_seconds_count{method="GET",route="/api/posts",status="200"}': 3,
  }
  expect(Object.fromEntries(samples)).toMatchObject(expected)
})

test('every metric is there once, with help and samples of its own name only', () => {
  const families = allFamilies(MEASURED)
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length)
  expect(typesOf(text).size).toBe(families.length)
  for (const { help, samples, name } of families) {
    expect(help, name).toMatch(/\.$/)
    expect(samples.length, name).toBeGreaterThan(0)
  }
})

test('without a fleet every metric is named all the same, so that a dashboard finds it', () => {
  const none = {
    clusters: [],
    counts: { requests: [], decisions: [] },
    services: {},
    tenantLabels: 100,
  }
  expect(allFamilies(none).map(({ name }) => name)).toEqual(allFamilies(MEASURED).map(({ name }) => name))
})

promtoolTest('promtool has nothing to say against it but for a name, which OpenTelemetry has given', () => {
  expect(promtool(['check', 'metrics'], text).trim()).toBe(
    'db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix',
  )
})
