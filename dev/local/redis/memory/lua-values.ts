import type { Bytes } from '../bytes.ts'
import { RedisError, type Reply, Status } from '../reply.ts'
import { LUA_TYPE, type LuaState, type Thread } from './lua-state.ts'

/** Room on the Lua stack for one level of nesting. */
const SLOTS = 8

/**
 * Conversions between replies and Lua values
 * (https://redis.io/docs/latest/develop/programmability/lua-api/, "Data type conversion").
 */
export class LuaValues {
  readonly #lua: LuaState

  constructor(lua: LuaState) {
    this.#lua = lua
  }

  /** Nothing becomes `false`, a status a table with `ok`, an error a table with `err`. */
  push(thread: Thread, reply: Reply): void {
    const { c } = this.#lua
    if (typeof reply === 'string') this.#lua.pushBytes(thread, reply)
    else if (typeof reply === 'number') c._lua_pushnumber(thread, reply)
    else if (typeof reply === 'bigint') c._lua_pushnumber(thread, Number(reply))
    else if (reply === null) c._lua_pushboolean(thread, 0)
    else if (reply instanceof Status) this.#pushTable(thread, 'ok', reply.text)
    else if (reply instanceof RedisError) this.#pushTable(thread, 'err', reply.message)
    else this.pushList(thread, reply)
  }

  pushList(thread: Thread, items: readonly Reply[]): void {
    const { c } = this.#lua
    c._lua_checkstack(thread, SLOTS)
    c._lua_createtable(thread, items.length, 0)
    for (const [index, item] of items.entries()) {
      this.push(thread, item)
      c._lua_rawseti(thread, -2, index + 1)
    }
  }

  /** Takes the value on top of the stack off it, as the reply that a script's result is. */
  pop(thread: Thread): Reply {
    const reply = this.#top(thread)
    this.#lua.c._lua_settop(thread, -2)
    return reply
  }

  #pushTable(thread: Thread, field: 'ok' | 'err', text: Bytes): void {
    const { c } = this.#lua
    c._lua_createtable(thread, 0, 1)
    this.#lua.pushBytes(thread, text)
    c._lua_setfield(thread, -2, this.#lua.name(field))
  }

  #top(thread: Thread): Reply {
    const { c } = this.#lua
    switch (c._lua_type(thread, -1)) {
      case LUA_TYPE.string:
        return this.#lua.bytesAt(thread, -1)
      case LUA_TYPE.number:
        // Redis cuts the fraction off: scripts return floats as strings.
        return Math.trunc(c._lua_tonumber(thread, -1))
      case LUA_TYPE.boolean:
        return c._lua_toboolean(thread, -1) ? 1 : null
      case LUA_TYPE.table:
        return this.#table(thread)
      default:
        return null
    }
  }

  #table(thread: Thread): Reply {
    const { c } = this.#lua
    if (!c._lua_checkstack(thread, SLOTS)) return new RedisError('ERR reached lua stack limit')
    const error = this.#textField(thread, 'err')
    if (error !== undefined) return new RedisError(error)
    const status = this.#textField(thread, 'ok')
    if (status !== undefined) return new Status(status)
    const items: Reply[] = []
    for (;;) {
      c._lua_rawgeti(thread, -1, items.length + 1)
      if (c._lua_type(thread, -1) === LUA_TYPE.nil) break
      items.push(this.pop(thread))
    }
    c._lua_settop(thread, -2)
    return items
  }

  #textField(thread: Thread, field: 'ok' | 'err'): Bytes | undefined {
    const { c } = this.#lua
    c._lua_getfield(thread, -1, this.#lua.name(field))
    const text = c._lua_type(thread, -1) === LUA_TYPE.string ? this.#lua.bytesAt(thread, -1) : undefined
    c._lua_settop(thread, -2)
    return text
  }
}
