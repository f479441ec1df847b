import { html } from 'hono/html'
import type { ApiDocument } from './document.ts'
import { type Html, layout } from './layout.ts'
import { schemaText } from './schema-text.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

type PathItem = NonNullable<ApiDocument['paths']>[string]
type Operation = NonNullable<PathItem['get']>

interface Entry {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** The document as a page for people. Escaped by hono/html throughout. */
export function documentPage(document: ApiDocument): Html {
  const entries = entriesOf(document)
  const groups = Object.entries(Object.groupBy(entries, ({ operation }) => operation.tags?.[0] ?? ''))
  const schemas = Object.entries(document.components?.schemas ?? {})
  return layout(
    `${document.info.title}: routes`,
    html`<h1>${document.info.title}</h1>
<p>${prose(document.info.description ?? '')}</p>
<p class="dim">OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a></p>
${groups.map(([tag, some = []]) => html`<h2>${tag}</h2>${some.map(operationPart)}`)}
<h2>Types</h2>
${schemas.map(
  ([name, schema]) => html`<details id="${name}"><summary><code>${name}</code></summary>
<p>${prose(described(schema))}</p><pre>${schemaText(schema)}</pre></details>`,
)}
<h2>Who is calling</h2>
<dl>${Object.entries(document.components?.securitySchemes ?? {}).map(
      ([name, scheme]) => html`<dt><code>${name}</code></dt><dd>${prose(described(scheme))}</dd>`,
    )}</dl>`,
  )
}

function entriesOf({ paths = {} }: ApiDocument): Entry[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      return operation ? [{ method, path, operation }] : []
    }),
  )
}

function operationPart({ method, path, operation }: Entry): Html {
  const { summary, description = '', parameters = [], requestBody, responses = {}, security = [] } = operation
  const schemes = [...new Set(security.flatMap((one) => Object.keys(one)))].join(', ')
  return html`<details><summary><b>${method.toUpperCase()}</b> <code>${path}</code><br>
<span class="dim">${prose(summary ?? '')}</span></summary>
<p>${prose(description)}</p>
${schemes && html`<p class="dim">Who: ${schemes}</p>`}
${
  parameters.length > 0 &&
  html`<h3>Parameters</h3><dl>${parameters.map((parameter) =>
    '$ref' in parameter
      ? ''
      : html`<dt><code>${parameter.name}</code> <span class="dim">${parameter.in}${parameter.required ? ', required' : ''}</span></dt>
<dd><code>${schemaText(parameter.schema)}</code> ${prose(parameter.description ?? '')}</dd>`,
  )}</dl>`
}
${requestBody && html`<h3>Body</h3>${contentPart(requestBody)}`}
<h3>Answers</h3>
<dl>${Object.entries(responses).map(
    ([status, response]) =>
      html`<dt><code>${status}</code></dt><dd>${prose(described(response))}${contentPart(response)}</dd>`,
  )}</dl>
</details>`
}

/** The types of a body. A problem is the same everywhere, and its codes are in the description. */
function contentPart(holder: unknown): Html[] {
  const { content = {} } = Object(holder) as { content?: Record<string, { schema?: unknown }> }
  return Object.entries(content)
    .filter(([type]) => type === 'application/json')
    .map(([, { schema }]) => html`<pre>${schemaText(schema)}</pre>`)
}

function described(value: unknown): string {
  const { description } = Object(value) as { description?: unknown }
  return typeof description === 'string' ? description : ''
}

/** What stands between backticks is code, as in the document's Markdown. */
function prose(text: string): (string | Html)[] {
  return text.split('`').map((part, n) => (n % 2 === 1 ? html`<code>${part}</code>` : part))
}
