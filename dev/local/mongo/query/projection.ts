import { copySource } from '../aggregate/plain.ts'
import { CommandError } from '../errors.ts'
import { type Doc, isDoc, setField } from '../values/codec.ts'
import { isNumeric } from '../values/compare.ts'
import { isTruthy } from './operators.ts'

/** The fields a projection names: true for a whole field, a tree for some fields below it. */
type FieldTree = Map<string, true | FieldTree>

/** True when a projection only includes or excludes fields. */
export function isSimpleProjection(spec: Doc): boolean {
  return Object.keys(spec).every((name) => {
    const value = spec[name]
    if (name.startsWith('$') || name.endsWith('.$')) return false
    return isDoc(value) ? isSimpleProjection(value) : isFlag(value)
  })
}

/** True for the values 0, 1, true and false, and other numbers, that include or exclude a field. */
export function isFlag(value: unknown): boolean {
  return typeof value === 'boolean' || isNumeric(value)
}

/**
 * Compiles a projection that only includes or excludes fields. `inclusion` decides for one that names `_id` alone.
 */
export function project(spec: Doc, inclusion?: boolean): (doc: Doc) => Doc {
  const flags = new Map<string, boolean>()
  flatten(spec, '', flags)
  const id = flags.get('_id')
  flags.delete('_id')
  const including = modeOf(flags) ?? inclusion ?? id ?? false
  const tree: FieldTree = new Map()
  for (const path of flags.keys()) addPath(tree, path)
  if (including ? id !== false : id === false) tree.set('_id', true)
  if (including) return (doc) => include(doc, tree)
  return tree.size === 0 ? (doc) => doc : (doc) => exclude(doc, tree)
}

function flatten(spec: Doc, prefix: string, flags: Map<string, boolean>): void {
  for (const name of Object.keys(spec)) {
    const value = spec[name]
    if (isDoc(value)) flatten(value, `${prefix}${name}.`, flags)
    else flags.set(prefix + name, isTruthy(value))
  }
}

function modeOf(flags: Map<string, boolean>): boolean | undefined {
  let mode: boolean | undefined
  for (const [path, included] of flags) {
    if (mode !== undefined && mode !== included) {
      throw included
        ? new CommandError(31253, `Cannot do inclusion on field ${path} in exclusion projection`)
        : new CommandError(31254, `Cannot do exclusion on field ${path} in inclusion projection`)
    }
    mode = included
  }
  return mode
}

function addPath(tree: FieldTree, path: string): void {
  const components = path.split('.')
  const last = components.pop() as string
  let node = tree
  for (const component of components) {
    const next = node.get(component) ?? new Map<string, true | FieldTree>()
    if (next === true) throw collision(path)
    node.set(component, next)
    node = next
  }
  if (node.has(last)) throw collision(path)
  node.set(last, true)
}

function collision(path: string): CommandError {
  return new CommandError(31249, `Path collision at ${path}`)
}

function include(doc: Doc, tree: FieldTree): Doc {
  const result: Doc = {}
  copySource(doc, result)
  for (const name of Object.keys(doc)) {
    const node = tree.get(name)
    if (node === undefined) continue
    const value = node === true ? doc[name] : includeBelow(doc[name], node)
    if (value !== undefined) setField(result, name, value)
  }
  return result
}

function includeBelow(value: unknown, tree: FieldTree): unknown {
  if (Array.isArray(value)) {
    return value.map((element) => includeBelow(element, tree)).filter((element) => element !== undefined)
  }
  return isDoc(value) ? include(value, tree) : undefined
}

function exclude(doc: Doc, tree: FieldTree): Doc {
  const result: Doc = {}
  copySource(doc, result)
  for (const name of Object.keys(doc)) {
    const node = tree.get(name)
    if (node === undefined) setField(result, name, doc[name])
    else if (node !== true) setField(result, name, excludeBelow(doc[name], node))
  }
  return result
}

function excludeBelow(value: unknown, tree: FieldTree): unknown {
  if (Array.isArray(value)) return value.map((element) => excludeBelow(element, tree))
  return isDoc(value) ? exclude(value, tree) : value
}
