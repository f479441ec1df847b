import { CommandError } from '../errors.ts'
import { indexOf, type Test } from '../query/paths.ts'
import { copyValue, type Doc, isDoc, setField } from '../values/codec.ts'

/** What a positional path needs to know. */
export interface Positions {
  /** The element that the filter matched, for `$`. */
  matched: number | undefined
  /** The compiled array filters by identifier, for `$[name]`. */
  filters: ReadonlyMap<string, Test>
}

/** A place in a document: its parent, and the field name or array index there. */
export class Place {
  readonly parent: Doc | unknown[]
  readonly name: string

  constructor(parent: Doc | unknown[], name: string) {
    this.parent = parent
    this.name = name
  }

  get value(): unknown {
    if (Array.isArray(this.parent)) return this.parent[Number(this.name)]
    return Object.hasOwn(this.parent, this.name) ? this.parent[this.name] : undefined
  }

  /** Sets a copy of the value, because one operand goes into many documents. */
  set(value: unknown): void {
    const copy = copyValue(value)
    if (!Array.isArray(this.parent)) {
      setField(this.parent, this.name, copy)
      return
    }
    const index = Number(this.name)
    // The server's own bound against filling memory through one path (mongodb/mongo, kMaxPaddingAllowed).
    if (index > this.parent.length + 1_500_000) {
      throw new CommandError('CannotCreateIndex', "can't backfill more than 1500000 elements")
    }
    while (this.parent.length < index) this.parent.push(null)
    this.parent[index] = copy
  }

  /** Takes the field away; an array element becomes null, so that the others keep their places. */
  remove(): void {
    if (!Array.isArray(this.parent)) delete this.parent[this.name]
    else if (Number(this.name) < this.parent.length) this.parent[Number(this.name)] = null
  }
}

/**
 * The places that an update path leads to. With `create`, missing documents on the way are made, and a scalar on the
 * way is an error; without, such paths lead nowhere.
 */
export function placesAt(doc: Doc, path: string, positions: Positions, create: boolean): Place[] {
  const places: Place[] = []
  descend(doc, path.split('.'), 0, { path, positions, create, places })
  return places
}

interface Walk {
  path: string
  positions: Positions
  create: boolean
  places: Place[]
}

function descend(target: unknown, components: string[], at: number, walk: Walk): void {
  const component = components[at] as string
  if (component.startsWith('$')) {
    for (const index of elementsOf(target, component, components.slice(0, at).join('.'), walk)) {
      step(target as unknown[], String(index), components, at, walk)
    }
  } else if (Array.isArray(target)) {
    if (indexOf(component) >= 0) step(target, component, components, at, walk)
    else if (walk.create) throw notViable(component, components[at - 1], target)
  } else if (isDoc(target)) {
    step(target, component, components, at, walk)
  } else if (walk.create) {
    throw notViable(component, components[at - 1], target)
  }
}

function step(parent: Doc | unknown[], name: string, components: string[], at: number, walk: Walk): void {
  const place = new Place(parent, name)
  if (at === components.length - 1) {
    walk.places.push(place)
    return
  }
  if (place.value === undefined) {
    if (!walk.create) return
    if (components[at + 1]?.startsWith('$')) throw missingArray(components.slice(0, at + 1).join('.'))
    place.set({})
  }
  descend(place.value, components, at + 1, walk)
}

function elementsOf(target: unknown, component: string, before: string, walk: Walk): number[] {
  if (component === '$') {
    if (walk.positions.matched === undefined) {
      throw new CommandError(
        'BadValue',
        'The positional operator did not find the match needed from the query.',
      )
    }
    return [walk.positions.matched]
  }
  if (!Array.isArray(target)) throw missingArray(before)
  const name = /^\$\[(\w*)\]$/.exec(component)?.[1]
  if (name === undefined) {
    throw new CommandError(
      'BadValue',
      `The path '${walk.path}' has an invalid positional component '${component}'`,
    )
  }
  const indexes = [...target.keys()]
  if (name === '') return indexes
  const test = walk.positions.filters.get(name)
  if (!test) {
    throw new CommandError(
      'BadValue',
      `No array filter found for identifier '${name}' in path '${walk.path}'`,
    )
  }
  return indexes.filter((index) => test(target[index]))
}

function missingArray(path: string): CommandError {
  return new CommandError(
    'BadValue',
    `The path '${path}' must exist in the document in order to apply array updates.`,
  )
}

function notViable(component: string, parent: string | undefined, value: unknown): CommandError {
  const shown = JSON.stringify(value)
  return new CommandError(
    'PathNotViable',
    `Cannot create field '${component}' in element {${parent}: ${shown}}`,
  )
}
