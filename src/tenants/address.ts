/** Names that mean a machine or a network of one's own (RFC 6761, RFC 6762, RFC 8375; `internal` by ICANN, 2024-07). */
const PRIVATE_SUFFIXES = ['localhost', 'localdomain', 'local', 'internal', 'intranet', 'lan', 'home.arpa']

/** IPv4 blocks that are not globally reachable, as base and prefix length (IANA special-purpose address registry). */
const PRIVATE_BLOCKS: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/**
 * A host as the network will take it: an IPv4 address in dotted form whichever way it was written (hex, octal, one
 * number, full-width digits), IPv6 in brackets and shortest form, names in lower case (url.spec.whatwg.org, host
 * parsing). `undefined` for what is no host.
 */
export function canonicalHost(host: string): string | undefined {
  // Only the special schemes have their hosts read; of postgres: a URL parser takes whatever stands there.
  const hostname = URL.parse(`http://${host}/`)?.hostname.replace(/\.$/, '')
  return hostname === '' ? undefined : hostname
}

/**
 * Whether a canonical host may be on the public internet. What a name resolves to is not looked at: Cloudflare's
 * runtime refuses connections to private and loopback addresses by itself
 * (developers.cloudflare.com/workers/runtime-apis/tcp-sockets, considerations).
 */
export function isPublicHost(host: string): boolean {
  if (host.startsWith('[')) return isPublicV6(host)
  if (/^\d+(\.\d+){3}$/.test(host)) return isPublicV4(host)
  return (
    host.includes('.') && !PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))
  )
}

function isPublicV4(address: string): boolean {
  const value = numberOf(address)
  return !PRIVATE_BLOCKS.some(([base, length]) => (value ^ numberOf(base)) >>> (32 - length) === 0)
}

function numberOf(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0)
}

/**
 * Global unicast is 2000::/3; everything that embeds an IPv4 address (mapped, NAT64, 6to4, Teredo) could lead to a
 * private one and is refused, as is what is for documentation.
 */
function isPublicV6(address: string): boolean {
  const [first = 0, second = 0] = address
    .slice(1)
    .split(':')
    .map((group) => Number.parseInt(group, 16) || 0)
  const isGlobal = first >= 0x2000 && first <= 0x3fff && first !== 0x3fff
  const isSpecial = first === 0x2002 || (first === 0x2001 && (second < 0x200 || second === 0xdb8))
  return isGlobal && !isSpecial
}
