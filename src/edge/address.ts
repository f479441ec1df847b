/** Whom a caller without an address is counted with: all the others. Behind Cloudflare every caller has one. */
const UNKNOWN = 'unknown'

/**
 * What calls from an address are counted by: an IPv4 address, or the /64 of an IPv6 address, which is what one
 * subscriber gets at least (RFC 6177), so that nobody has more limits by having more addresses.
 * @param header `CF-Connecting-IP`, which Cloudflare sets over whatever the caller sent
 *   (developers.cloudflare.com/fundamentals/reference/http-headers); no other header is believed
 */
export function addressKey(header: string | null): string {
  if (header === null) return UNKNOWN
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(header)) return header
  // The URL parser writes the same address always in the same way.
  const written = /^[\da-f:.]{2,45}$/i.test(header) ? URL.parse(`http://[${header}]/`) : null
  if (!written) return UNKNOWN
  const [head = '', tail] = written.hostname.slice(1, -1).split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':').length : 0
  while (tail !== undefined && groups.length < 8 - after) groups.push('0')
  return `${[...groups, ...(tail ? tail.split(':') : [])].slice(0, 4).join(':')}::/64`
}
