/** What a path segment may not hold once it is decoded: a separator, a control character, or what decodes once more. */
const AMBIGUOUS = /[/\\?#\p{Cc}]|%[\da-f]{2}/iu

/** A registered name or an address, with a port or without (RFC 3986 section 3.2.2). No user, no path, no query. */
const HOST = /^(\[[\da-f:.]+\]|[^\s\p{Cc}/\\?#@:[\]]+)(:\d{1,5})?$/iu

/**
 * The one form of a request's URL: the edge routes, limits, logs and forwards by it alone, so that two parts of Rockpool
 * never take one request for two routes. Dot segments are resolved and percent-encodings are made alike (WHATWG URL,
 * RFC 3986 section 6.2.2); user, password and fragment are left out. `undefined` for what has no such form: a host or
 * port that is none, a malformed escape, an escaped separator, or an escape of an escape.
 * @param written as the runtime gives it: scheme and `Host` before the request's target, both as the client sent them
 * @param host the header `Host`, which must be no more than a host, or `null` where there is none
 */
export function canonicalUrl(written: string, host: string | null): string | undefined {
  if (host !== null && !HOST.test(host)) return undefined
  const url = URL.parse(written)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  const path = canonicalPath(url.pathname)
  return path === undefined ? undefined : `${url.origin}${path}${url.search}`
}

function canonicalPath(path: string): string | undefined {
  // Nearly every path is made of these alone, and is canonical already.
  if (/^[\w/-]*$/.test(path)) return path
  try {
    const segments = path.split('/').map(decodeURIComponent)
    // The parser has resolved the dot segments in every encoding; one that is left came out of another escape.
    const isPlain = (segment: string) => !AMBIGUOUS.test(segment) && segment !== '.' && segment !== '..'
    return segments.every(isPlain) ? segments.map(encodeURI).join('/') : undefined
  } catch {
    return undefined
  }
}
