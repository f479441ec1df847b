/**
 * Whether a browser says that a page of ours sent the request: by `Sec-Fetch-Site`, which no script can set
 * (www.w3.org/TR/fetch-metadata section 2.3), or in a browser without it by `Origin`. hono/csrf looks at requests of
 * forms alone, and lets JSON pass.
 */
export function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  return site === null ? headers.get('origin') === new URL(url).origin : site === 'same-origin'
}
