import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Stack, type StackOptions, startStack } from '../../dev/local/stack.ts'
import { bundle } from '../../dev/local/worker/bundle.ts'
import { startWorkerd } from '../../dev/local/worker/workerd.ts'
import { localVariables } from '../../dev/variables.ts'

/** The bundled Worker on workerd with a stack of its own, until it is disposed of. */
export interface Bundled extends AsyncDisposable {
  readonly url: string
  readonly variables: Readonly<Record<string, string>>
  readonly stack: Stack
  readonly pid: number | undefined
  /** Everything that it has logged, one event after the other. */
  log(): string
}

/**
 * @param variables beside those of the local stack; one that is `undefined` is left out
 * @param entry another entry file than wrangler.toml's
 */
export async function startBundled(
  variables: Readonly<Record<string, string | undefined>> = {},
  stackOptions: Partial<StackOptions> = {},
  entry?: string,
): Promise<Bundled> {
  const closers = new AsyncDisposableStack()
  try {
    const dir = mkdtempSync(join(tmpdir(), 'rockpool-bundled-'))
    closers.defer(() => rmSync(dir, { recursive: true, force: true }))
    const stack = await startStack({ log: () => {}, ...stackOptions })
    closers.defer(() => stack.close())
    const all = Object.entries({ ...localVariables(stack.variables), ...variables })
    const given = Object.fromEntries(all.filter((one): one is [string, string] => one[1] !== undefined))
    const { file } = await bundle(dir, entry)
    const worker = await startWorkerd({ dir, file, variables: given })
    closers.defer(() => worker.close())
    return {
      url: worker.url,
      pid: worker.pid,
      variables: given,
      stack,
      // workerd writes each as text within a line of its own.
      log: () => readFileSync(worker.logFile, 'utf8').replaceAll('\\"', '"'),
      [Symbol.asyncDispose]: () => closers.disposeAsync(),
    }
  } catch (error) {
    await closers.disposeAsync()
    throw error
  }
}
