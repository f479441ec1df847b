/**
 * The entity tag of a resource: its version, which an edit changes, and where there is something beside it that an answer
 * shows too, as counts and comments, a word that changes with that. `If-Match` goes by the version alone, so that a like
 * does not refuse an edit; `If-None-Match` by the whole tag, so that a 304 hides no new comment.
 */
export function etagOf(version: number, beside?: string): string {
  return beside === undefined ? `"${version}"` : `"${version}-${beside}"`
}

/**
 * The versions that an `If-Match` names, for whom any of them will do; `undefined` where every version will: without
 * the header, and for `*`. A tag that is none of ours names no version.
 *
 * A weak tag names its version as well. RFC 9110 section 13.1.1 wants a strong comparison, which is about the bytes of an
 * answer; these tags are about versions of what is stored, and proxies that compress, Cloudflare's own too, make every
 * tag weak on the way (developers.cloudflare.com/cache/reference/etag-headers): an edit behind one would never succeed.
 */
export function expectedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined
  return ifMatch.split(',').flatMap((tag) => {
    const version = /^(?:W\/)?"(\d{1,9})(?:-[\w-]+)?"$/.exec(tag.trim())?.[1]
    return version === undefined ? [] : [Number(version)]
  })
}

/** Whether the caller has what it asks for already: its `If-None-Match` names `etag` (RFC 9110 section 13.1.2, weakly). */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined || etag === '') return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}
