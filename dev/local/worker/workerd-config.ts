import { dirname, join, resolve } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { ROOT } from './bundle.ts'

export interface WorkerdConfigOptions {
  /** Bundled Worker, relative to the configuration: workerd embeds no absolute path. */
  readonly file: string
  /** Folder of the Durable Objects' storage. */
  readonly storage: string
  /** Names of the variables that the Worker gets; their values come from workerd's environment. */
  readonly variables: readonly string[]
  /** The Worker's wrangler configuration. @default wrangler.toml */
  readonly settings?: string | undefined
}

/** What is read of wrangler.toml. */
interface WorkerSettings {
  readonly compatibility_date?: string
  readonly compatibility_flags: readonly string[]
  readonly durable_objects: { readonly bindings: readonly { name: string; class_name: string }[] }
  readonly assets?: { readonly directory?: string; readonly binding?: string } | undefined
}

/**
 * A workerd configuration that runs the bundle as its wrangler configuration describes the Worker: date, flags, objects
 * and assets are read from there. Values of variables stay out of it, since some are secrets: workerd takes them from its
 * environment.
 * Form: github.com/cloudflare/workerd, src/workerd/server/workerd.capnp.
 */
export function workerdConfig(options: WorkerdConfigOptions): string {
  const { file, storage, variables, settings = join(ROOT, 'wrangler.toml') } = options
  const config: WorkerSettings = unstable_readConfig({ config: settings })
  const objects = config.durable_objects.bindings
  const { directory = '', binding } = config.assets ?? {}
  // In production an open socket keeps its object (changelog, 2026-06-19-outbound-connections-keep-dos-alive). workerd evicts
  // it 70 s after its last client all the same, unless this is set; objects without sockets then stay as well.
  const namespaces = objects.map(
    ({ class_name }) =>
      `(className = "${class_name}", uniqueKey = "rockpool-${class_name}", enableSql = true, preventEviction = true)`,
  )
  const bindings = [
    ...objects.map(({ name, class_name }) => `(name = "${name}", durableObjectNamespace = "${class_name}")`),
    ...(binding ? [`(name = "${binding}", service = "assets")`] : []),
    ...variables.map((name) => `(name = "${name}", fromEnvironment = "${name}")`),
  ]
  const flags = config.compatibility_flags.map((flag) => `"${flag}"`)
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "rockpool", worker = .rockpool),
    (name = "storage", disk = (path = ${quote(storage)}, writable = true)),
${binding ? `    (name = "assets", disk = (path = ${quote(resolve(dirname(settings), directory))})),\n` : ''}    (name = "internet", network = (
      allow = ["public", "private", "local"],
      tlsOptions = (trustBrowserCas = true),
    )),
  ],
  sockets = [(name = "http", http = (), service = "rockpool")],
  logging = (structuredLogging = true),
);

const rockpool :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed ${quote(file)})],
  compatibilityDate = "${config.compatibility_date}",
  compatibilityFlags = [${flags.join(', ')}],
  durableObjectNamespaces = [
    ${namespaces.join(',\n    ')},
  ],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [
    ${bindings.join(',\n    ')},
  ],
);
`
}

function quote(text: string): string {
  return JSON.stringify(text)
}
