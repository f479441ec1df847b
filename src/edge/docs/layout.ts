import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

const STYLE = `
:root { color-scheme: light dark; --dim: light-dark(#57606a, #9aa4af); --line: light-dark(#d8dee4, #3a424b);
  --soft: light-dark(#f5f7f9, #1c2228); --link: light-dark(#0b5cad, #7cc0ff) }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 56rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  color: light-dark(#1b1f24, #e6e9ec); background: light-dark(#fff, #12161a); overflow-wrap: anywhere }
h1 { margin: .5rem 0 } h2 { margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line) }
h3 { margin: 1rem 0 .25rem; font-size: 1rem } p { margin: .25rem 0 } ul { padding-left: 1.2rem }
a { color: var(--link) } .dim { color: var(--dim) }
code, pre { font: .875rem/1.45 ui-monospace, monospace }
pre { margin: .25rem 0; padding: .5rem; white-space: pre-wrap; background: var(--soft); border-radius: .375rem }
details { border: 1px solid var(--line); border-radius: .375rem; margin: .5rem 0; padding: .25rem .75rem }
summary { cursor: pointer; padding: .25rem 0 } summary b { display: inline-block; min-width: 4.5em }
dl { margin: .25rem 0 } dd { margin: 0 0 .5rem 1rem }
`

/** Nothing but the page's own style: no script, no font, no frame, and no icon, for which browsers would ask. */
export const PAGE_HEADERS = {
  'content-security-policy': `default-src 'none'; img-src data:; style-src 'sha256-${digest(STYLE)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** A page with the style of all pages here. */
export function layout(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(STYLE)}</style>
</head>
<body><main>${content}</main></body>
</html>`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
