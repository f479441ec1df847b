import { type Bytes, bytesOf, textOf } from '../bytes.ts'
import { LUA_TYPE, type LuaState, type Thread } from './lua-state.ts'

/** As deep as lua-cjson goes by default. */
const DEEPEST = 1000

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** `cjson.encode` and `cjson.decode`. JSON's null is a light userdata, as in lua-cjson. */
export class LuaJson {
  readonly #lua: LuaState

  constructor(lua: LuaState) {
    this.#lua = lua
  }

  /** The JSON text of the value on top of the stack. @throws {Error} for what JSON cannot hold. */
  encode(thread: Thread): Bytes {
    return bytesOf(JSON.stringify(this.#read(thread, 0)))
  }

  /** Pushes the value of a JSON text. @throws {SyntaxError} and pushes nothing when it is no JSON. */
  decode(thread: Thread, text: Bytes): void {
    this.#push(thread, JSON.parse(textOf(text)), 0)
  }

  #read(thread: Thread, depth: number): Json {
    const { c } = this.#lua
    switch (c._lua_type(thread, -1)) {
      case LUA_TYPE.nil:
      case LUA_TYPE.lightUserdata:
        return null
      case LUA_TYPE.boolean:
        return c._lua_toboolean(thread, -1) === 1
      case LUA_TYPE.number:
        return this.#number(c._lua_tonumber(thread, -1))
      case LUA_TYPE.string:
        return textOf(this.#lua.bytesAt(thread, -1))
      case LUA_TYPE.table:
        if (depth >= DEEPEST) throw new Error('Cannot serialise, excessive depth')
        return this.#table(thread, depth)
      default:
        throw new Error('Cannot serialise: type not supported')
    }
  }

  #number(value: number): number {
    if (!Number.isFinite(value)) throw new Error('Cannot serialise number: must not be NaN or Inf')
    return value
  }

  /** A table whose keys are 1 to n is an array; an empty one is an object, lua-cjson's choice. */
  #table(thread: Thread, depth: number): Json {
    const { c } = this.#lua
    c._lua_checkstack(thread, 4)
    const entries = new Map<string | number, Json>()
    c._lua_pushnil(thread)
    while (c._lua_next(thread, -2) !== 0) {
      const value = this.#read(thread, depth + 1)
      c._lua_settop(thread, -2)
      const type = c._lua_type(thread, -1)
      if (type !== LUA_TYPE.number && type !== LUA_TYPE.string) {
        throw new Error('Cannot serialise table: key must be a number or string')
      }
      // Read by its type: lua_tolstring would turn a number key into a string and confuse lua_next.
      const isNumber = type === LUA_TYPE.number
      entries.set(isNumber ? c._lua_tonumber(thread, -1) : textOf(this.#lua.bytesAt(thread, -1)), value)
    }
    const items = Array.from({ length: entries.size }, (_, index) => entries.get(index + 1))
    const isList = items.length > 0 && items.every((item) => item !== undefined)
    return isList ? (items as Json[]) : Object.fromEntries(entries)
  }

  #push(thread: Thread, value: Json, depth: number): void {
    const { c } = this.#lua
    c._lua_checkstack(thread, 4)
    if (value === null) c._lua_pushlightuserdata(thread, 0)
    else if (typeof value === 'boolean') c._lua_pushboolean(thread, value ? 1 : 0)
    else if (typeof value === 'number') c._lua_pushnumber(thread, value)
    else if (typeof value === 'string') this.#lua.pushBytes(thread, bytesOf(value))
    else {
      if (depth >= DEEPEST) throw new Error('Found too many nested data structures')
      c._lua_createtable(thread, 0, 0)
      for (const [key, item] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
        if (typeof key === 'number') c._lua_pushnumber(thread, key + 1)
        else this.#lua.pushBytes(thread, bytesOf(key))
        this.#push(thread, item, depth + 1)
        c._lua_rawset(thread, -3)
      }
    }
  }
}
