import { html } from 'hono/html'
import { type Html, layout } from './layout.ts'

/** What a browser sees first. */
export function aboutPage({
  name,
  description,
  docs,
  openapi,
  health,
}: Readonly<Record<string, string>>): Html {
  return layout(
    `${name}`,
    html`<h1>${name}</h1>
<p>${description}</p>
<ul>
<li><a href="${docs}">Routes</a>, and the same <a href="${openapi}">as OpenAPI 3.1</a></li>
<li><a href="${health}">Health</a></li>
</ul>`,
  )
}
