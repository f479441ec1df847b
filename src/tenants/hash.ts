/**
 * A stable, evenly spread 32-bit hash of a tenant id: FNV-1a over its characters (ids are ASCII), then MurmurHash3's
 * finaliser, because FNV's low bits alone spread short, similar ids unevenly over small numbers of groups
 * (isthe.com/chongo/tech/comp/fnv; github.com/aappleby/smhasher, MurmurHash3.cpp, fmix32). It must never change: it
 * decides which host a tenant is on.
 */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
