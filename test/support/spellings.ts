import fc from 'fast-check'

/** Pieces that paths are attacked with: dot segments in every encoding, separators, parameters, escapes of escapes. */
const PIECES = [
  'api',
  'posts',
  'internal',
  'users',
  'find',
  'admin',
  'tenants',
  'health',
  'API',
  'Internal',
  '..',
  '.',
  '%2e%2e',
  '%2E.',
  '.%2e',
  '%2e',
  '%252e%252e',
  '%25%32%65%25%32%65',
  '..%2f',
  '%2f',
  '%5c',
  '%255c',
  '..;',
  ';x=1',
  'posts;internal',
  '%00',
  '%0d%0a',
  '%61dmin',
  '%69nternal',
  '%',
  '%zz',
  '%ff',
  'é',
  '..%c0%af',
  '%E3%81%82',
  ' ',
  '?',
  '#',
  '@',
  ':',
] as const

const separator = fc.constantFrom('/', '/', '/', '//', '\\', '/./', '/../', '/%2e%2e/', '/..\\')

/** The path, or what is meant to look like one, of a request by a client that means no good. */
export const spelledPath = fc
  .array(fc.tuple(separator, fc.constantFrom(...PIECES)), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.flat().join(''))

/** The same as a request's whole target: plain, in absolute form, or as an authority (RFC 9112 section 3.2). */
export const spelledTarget = fc
  .tuple(
    fc.constantFrom(
      '',
      '',
      '',
      'http://rockpool.test',
      'http://a:b@rockpool.test',
      'HTTP://ROCKPOOL.TEST',
      '//rockpool.test',
    ),
    spelledPath,
  )
  .map((parts) => parts.join(''))

/** A header `Host`: right ones, and what is none. */
export const spelledHost = fc.constantFrom(
  'rockpool.test',
  'rockpool.test',
  'ROCKPOOL.test:80',
  '127.0.0.1:8787',
  '[::1]:8787',
  'h:99999',
  '[',
  '[::1',
  'h:',
  'h:x',
  'a/internal',
  'a\\internal',
  'a?b',
  'a#b',
  'a@b',
  'a b',
  '%2e%2e',
)

/** Methods that are, and some that are not. */
export const spelledMethod = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH')
