import { optionName } from './mongo-uri.ts'

/**
 * Options of a Postgres URL that do no harm. Others do: `host` and `port` go before those of the URL itself, `sslkey` and
 * its like name files, `options` sets what Rockpool sets itself (github.com/brianc/node-postgres,
 * packages/pg-connection-string).
 */
const ALLOWED = new Set(['application_name', 'channel_binding', 'connect_timeout', 'sslmode'])

/** The options of a URL that are refused. Names only: values may be secrets. */
export function refusedPostgresOptions(url: URL): string[] {
  return [...url.searchParams.keys()].filter((name) => !ALLOWED.has(name)).map(optionName)
}
