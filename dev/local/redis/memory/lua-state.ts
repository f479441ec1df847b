import { LuaApi } from 'wasmoon-lua5.1'
import type { Bytes } from '../bytes.ts'

/** Where a value is: positive from the bottom of the stack, negative from its top. */
type Index = number
/** A `lua_State *`, an address in the WebAssembly memory. */
export type Thread = number

/**
 * The C functions of Lua 5.1 used here (https://www.lua.org/manual/5.1/manual.html#3). The package's own wrappers
 * encode every string as UTF-8; called directly the interpreter takes bytes, and is three times as fast.
 */
interface LuaLibrary {
  readonly HEAPU8: Uint8Array
  addFunction(run: (thread: Thread) => number | undefined, signature: string): number
  stringToNewUTF8(text: string): number
  _malloc(bytes: number): number
  _free(address: number): void
  _luaL_newstate(): Thread
  _luaL_openlibs(thread: Thread): void
  _luaL_loadbuffer(thread: Thread, text: number, bytes: number, name: number): number
  _luaL_ref(thread: Thread, table: Index): number
  _luaL_unref(thread: Thread, table: Index, reference: number): void
  _lua_checkstack(thread: Thread, slots: number): number
  _lua_close(thread: Thread): void
  _lua_createtable(thread: Thread, items: number, fields: number): void
  _lua_error(thread: Thread): number
  _lua_getfield(thread: Thread, table: Index, name: number): void
  _lua_gettop(thread: Thread): number
  _lua_next(thread: Thread, table: Index): number
  _lua_pcall(thread: Thread, args: number, results: number, handler: Index): number
  _lua_pushboolean(thread: Thread, value: 0 | 1): void
  _lua_pushcclosure(thread: Thread, run: number, upvalues: number): void
  _lua_pushlightuserdata(thread: Thread, address: number): void
  _lua_pushlstring(thread: Thread, text: number, bytes: number): void
  _lua_pushnil(thread: Thread): void
  _lua_pushnumber(thread: Thread, value: number): void
  _lua_rawgeti(thread: Thread, table: Index, at: number): void
  _lua_rawset(thread: Thread, table: Index): void
  _lua_rawseti(thread: Thread, table: Index, at: number): void
  _lua_setfield(thread: Thread, table: Index, name: number): void
  _lua_sethook(thread: Thread, hook: number, mask: number, instructions: number): void
  _lua_settop(thread: Thread, top: Index): void
  _lua_toboolean(thread: Thread, at: Index): number
  _lua_tolstring(thread: Thread, at: Index, length: number): number
  _lua_tonumber(thread: Thread, at: Index): number
  _lua_type(thread: Thread, at: Index): number
}

export const LUA_TYPE = { nil: 0, boolean: 1, lightUserdata: 2, number: 3, string: 4, table: 5 } as const
export const REGISTRY = -10000
export const GLOBALS = -10002

/** Loads the interpreter (about 10 ms) and opens a state with the standard libraries. */
export async function openLuaState(): Promise<LuaState> {
  const { module } = await LuaApi.initialize()
  return new LuaState(module as unknown as LuaLibrary)
}

/** One Lua 5.1 interpreter, with byte strings where C has pointers. */
export class LuaState {
  readonly c: LuaLibrary
  readonly main: Thread
  readonly #names = new Map<string, number>()
  #heap: Buffer
  #scratch: number
  #scratchBytes = 4096
  readonly #lengthAt: number

  constructor(library: LuaLibrary) {
    this.c = library
    this.main = library._luaL_newstate()
    library._luaL_openlibs(this.main)
    this.#heap = Buffer.from(library.HEAPU8.buffer)
    this.#scratch = library._malloc(this.#scratchBytes)
    this.#lengthAt = library._malloc(4)
  }

  close(): void {
    this.c._lua_close(this.main)
  }

  /** The address of a constant C string; each is made once, so only for names from this program. */
  name(text: string): number {
    let address = this.#names.get(text)
    if (address === undefined) {
      address = this.c.stringToNewUTF8(text)
      this.#names.set(text, address)
    }
    return address
  }

  pushBytes(thread: Thread, bytes: Bytes): void {
    this.c._lua_pushlstring(thread, this.#write(bytes), bytes.length)
  }

  /** The string at a place. Turns a number there into a string, as C's lua_tolstring does. */
  bytesAt(thread: Thread, at: Index): Bytes {
    const address = this.c._lua_tolstring(thread, at, this.#lengthAt)
    const heap = this.#view()
    return heap.toString('latin1', address, address + heap.readUInt32LE(this.#lengthAt))
  }

  /** Compiles a chunk and leaves it, or the error message, on the stack. Returns whether it compiled. */
  load(text: Bytes, name: string): boolean {
    return this.c._luaL_loadbuffer(this.main, this.#write(text), text.length, this.name(name)) === 0
  }

  /** A Lua function on the stack that calls `run`; a throw out of `run` would wreck the interpreter. */
  pushFunction(run: (thread: Thread) => number): void {
    this.c._lua_pushcclosure(this.main, this.c.addFunction(run, 'ii'), 0)
  }

  #write(bytes: Bytes): number {
    if (bytes.length > this.#scratchBytes) {
      this.c._free(this.#scratch)
      this.#scratchBytes = bytes.length * 2
      this.#scratch = this.c._malloc(this.#scratchBytes)
    }
    this.#view().write(bytes, this.#scratch, 'latin1')
    return this.#scratch
  }

  /** The memory is another buffer after it has grown. */
  #view(): Buffer {
    if (this.#heap.buffer !== this.c.HEAPU8.buffer) this.#heap = Buffer.from(this.c.HEAPU8.buffer)
    return this.#heap
  }
}
