/** The entity tag of a version. It is strong, because `If-Match` compares strongly (RFC 9110 section 13.1.1). */
export function etagOf(version: number): string {
  return `"${version}"`
}

/**
 * The versions that an `If-Match` names, for whom any of them will do; `undefined` where every version will: without
 * the header, and for `*`. A tag that is none of ours names no version.
 */
export function expectedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined
  return ifMatch.split(',').flatMap((tag) => {
    const version = /^"(\d{1,9})"$/.exec(tag.trim())?.[1]
    return version === undefined ? [] : [Number(version)]
  })
}
