import { refusedMongoOptions } from '../engines/mongo-uri.ts'
import { refusedPostgresOptions } from '../engines/postgres-url.ts'
import { canonicalHost, isPublicHost } from './address.ts'
import type { EngineName } from './tenant.ts'

/** A checked connection string in one unambiguous form, or why it is refused, in words that repeat nothing of it. */
export type Checked =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly reason: string }

/** Longest connection string of a tenant, in characters. */
export const MAX_CONNECTION_STRING = 2_000

/**
 * Checks a connection string that a tenant brought: its scheme, its options, and that each of its hosts may be on the
 * public internet. Parsers differ on odd strings, so those are refused, and what is kept is put together anew from the
 * parts that were checked.
 * @param allowPrivate lets private addresses and connections without TLS pass, for use on one's own machine
 */
export function checkConnectionString(engine: EngineName, value: string, allowPrivate: boolean): Checked {
  if (!/^[\x21-\x7e]+$/.test(value) || /[\\#]|%(?![0-9a-f]{2})/i.test(value)) {
    return refused('It has characters that must be percent-encoded.')
  }
  return engine === 'postgres' ? checkPostgres(value, allowPrivate) : checkMongo(value, allowPrivate)
}

function checkPostgres(value: string, allowPrivate: boolean): Checked {
  const url = /^postgres(ql)?:\/\//.test(value) ? URL.parse(value) : null
  if (!url) return refused('Expected postgres://user:password@host/database.')
  if (url.username === '' || url.pathname.length < 2) return refused('Expected a user and a database name.')
  const options = refusedPostgresOptions(url)
  if (options.length > 0) return refusedOptions(options)
  const host = checkHost(url.hostname, allowPrivate)
  if (!host.ok) return host
  const { username, password, port, pathname, search } = url
  const account = password === '' ? username : `${username}:${password}`
  return { ok: true, url: `postgres://${account}@${host.url}${port && `:${port}`}${pathname}${search}` }
}

function checkMongo(value: string, allowPrivate: boolean): Checked {
  const parts = /^(mongodb(?:\+srv)?:\/\/)([^@/?]+@)?([^@/?]+)(\/[^@/?]*)?(\?[^@/?]*)?$/.exec(value)
  if (!parts) return refused('Expected mongodb://user:password@host/ or mongodb+srv://user:password@host/.')
  const [, scheme = '', account = '', list = '', path = '/', query = ''] = parts
  const options = refusedMongoOptions(value)
  if (options.length > 0) return refusedOptions(options)
  const isEncrypted = scheme === 'mongodb+srv://' || /[?&](tls|ssl)=true(&|$)/i.test(query)
  if (!isEncrypted && !allowPrivate) return refused('It needs tls=true.')
  const hosts: string[] = []
  for (const entry of list.split(',')) {
    const [, name = '', port = ''] = /^(\[[0-9a-f:.]+\]|[^:[\]%]+)(:\d{1,5})?$/i.exec(entry) ?? []
    const host = checkHost(name, allowPrivate)
    if (!host.ok) return host
    hosts.push(host.url + port)
  }
  return { ok: true, url: `${scheme}${account}${hosts.join(',')}${path}${query}` }
}

function checkHost(name: string, allowPrivate: boolean): Checked {
  const host = name === '' ? undefined : canonicalHost(name)
  if (host === undefined) return refused('It names no host, or one that cannot be read.')
  if (!allowPrivate && !isPublicHost(host)) return refused('A host in it is private, loopback or link-local.')
  return { ok: true, url: host }
}

/** At most so many are named: a string may have hundreds. */
const MOST_NAMED = 5

function refusedOptions(names: readonly string[]): Checked {
  return refused(
    `These options are not allowed, or not with that value: ${names.slice(0, MOST_NAMED).join(', ')}.`,
  )
}

function refused(reason: string): Checked {
  return { ok: false, reason }
}
