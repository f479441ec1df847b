/** Mechanisms that need no client certificate, local daemon or cloud's metadata service. */
const MECHANISM = /^(default|scram-sha-1|scram-sha-256|plain)$/

/**
 * Options of a MongoDB connection string that do no harm, with the values that they may have, in lower case: who connects,
 * to which of the deployment's members, and how it writes safely. Everything else is refused: options that weaken TLS or
 * send traffic elsewhere; those that the Workers runtime ignores (node:tls takes `ca` and `cert` and does nothing with
 * them, workerd src/node/internal/internal_tls_wrap.ts, 2026-08); those that change what is acknowledged (`w=0`,
 * `journal`), how values come back (`raw`, `promoteValues`, …) or how the pool works, which is Rockpool's to say; modules
 * that a Worker lacks (`compressors`); and what no version of the driver knows.
 */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  appname: /^/,
  authmechanism: MECHANISM,
  authsource: /^/,
  directconnection: /^(true|false)$/,
  journal: /^true$/,
  j: /^true$/,
  loadbalanced: /^(true|false)$/,
  replicaset: /^/,
  retryreads: /^(true|false)$/,
  retrywrites: /^(true|false)$/,
  srvmaxhosts: /^\d{1,4}$/,
  srvservicename: /^/,
  ssl: /^true$/,
  tls: /^true$/,
  w: /^(majority|[1-9]\d?)$/,
}

/** The options of `uri` that are refused, as they are written there. Names only: values may be secrets. */
export function refusedMongoOptions(uri: string): string[] {
  // The driver's URL parser drops tabs and line ends wherever they stand, so `tls<tab>Insecure` is an option too.
  const query = uri.replaceAll(/[\t\n\r]/g, '').split('?')[1] ?? ''
  const refused: string[] = []
  for (const [name, value] of new URLSearchParams(query)) {
    const key = name.toLowerCase()
    const isAllowed = Object.hasOwn(ALLOWED, key) && ALLOWED[key]?.test(value.toLowerCase())
    if (!isAllowed) refused.push(optionName(name))
  }
  return refused
}

/** A name that may be repeated: one that is none may hold anything. */
export function optionName(name: string): string {
  return /^\w{1,40}$/.test(name) ? name : '(unreadable)'
}
