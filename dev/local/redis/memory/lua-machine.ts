import { createHash } from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import { type Command, RedisError, type Reply } from '../reply.ts'
import { LuaJson } from './lua-json.ts'
import { LUA_PRELUDE } from './lua-prelude.ts'
import { GLOBALS, LUA_TYPE, type LuaState, REGISTRY, type Thread } from './lua-state.ts'
import { LuaValues } from './lua-values.ts'

interface LuaHost {
  /** `redis.call`; an error is a reply, never thrown. */
  call(command: Command): Reply
  log(line: string): void
}

/** A compiled script: its place in Lua's registry. */
export type Compiled = number

/** Redis' busy-reply-threshold. There a script goes on and can be killed; here nobody else could get a word in. */
const SCRIPT_LIMIT_MS = 5_000

const HOOK_EVERY_INSTRUCTIONS = 100_000
const MASK_LINE = 4
const MASK_COUNT = 8

/** Runs Redis scripts in Lua 5.1, the version that Redis has. */
export class LuaMachine {
  readonly #lua: LuaState
  readonly #values: LuaValues
  readonly #json: LuaJson
  readonly #host: LuaHost
  readonly #clock: () => number
  readonly #hook: number
  #deadline = 0
  /** A bug in the host functions: carried past the interpreter, which a throw would wreck, and thrown after it. */
  #fault: unknown

  /** @param clock milliseconds, for the time limit of scripts. */
  constructor(lua: LuaState, host: LuaHost, clock: () => number = () => performance.now()) {
    this.#lua = lua
    this.#values = new LuaValues(lua)
    this.#json = new LuaJson(lua)
    this.#host = host
    this.#clock = clock
    this.#hook = lua.c.addFunction((thread) => this.#stopWhenLate(thread), 'vii')
    this.#start()
  }

  close(): void {
    this.#lua.close()
  }

  /** @throws {RedisError} with Lua's message when the text is no Lua. */
  compile(text: Bytes): Compiled {
    if (this.#lua.load(text, '@user_script')) return this.#lua.c._luaL_ref(this.#lua.main, REGISTRY)
    const problem = this.#lua.bytesAt(this.#lua.main, -1)
    this.#lua.c._lua_settop(this.#lua.main, 0)
    throw new RedisError(`ERR Error compiling script (new function): ${problem}`)
  }

  forget(compiled: Compiled): void {
    this.#lua.c._luaL_unref(this.#lua.main, REGISTRY, compiled)
  }

  /** Runs to the end or to the time limit; what it has written by then stays, as in Redis. */
  run(compiled: Compiled, keys: readonly Bytes[], args: readonly Bytes[]): Reply {
    const { c, main } = this.#lua
    this.#setGlobal('KEYS', keys)
    this.#setGlobal('ARGV', args)
    c._lua_rawgeti(main, REGISTRY, compiled)
    this.#deadline = this.#clock() + SCRIPT_LIMIT_MS
    c._lua_sethook(main, this.#hook, MASK_COUNT, HOOK_EVERY_INSTRUCTIONS)
    const hasFailed = c._lua_pcall(main, 0, 1, 0) !== 0
    c._lua_sethook(main, 0, 0, 0)
    const isText = c._lua_type(main, -1) === LUA_TYPE.string
    const reply = this.#values.pop(main)
    c._lua_settop(main, 0)
    this.#throwFault()
    if (!hasFailed || reply instanceof RedisError) return reply
    return new RedisError(`ERR ${isText ? String(reply) : 'Error running script: the error is no string'}`)
  }

  #start(): void {
    const { c, main } = this.#lua
    if (!this.#lua.load(LUA_PRELUDE, '@prelude')) throw new Error(this.#lua.bytesAt(main, -1))
    c._lua_createtable(main, 0, 6)
    this.#setHost('call', (thread) => this.#call(thread))
    this.#setHost('sha1hex', (thread) => this.#sha1hex(thread))
    this.#setHost('log', (thread) => this.#log(thread))
    this.#setHost('encode', (thread) => {
      const text = this.#json.encode(thread)
      this.#lua.pushBytes(thread, text)
      return 1
    })
    this.#setHost('decode', (thread) => {
      this.#json.decode(thread, this.#lua.bytesAt(thread, 1))
      return 1
    })
    c._lua_pushlightuserdata(main, 0)
    c._lua_setfield(main, -2, this.#lua.name('null'))
    if (c._lua_pcall(main, 1, 0, 0) !== 0) throw new Error(this.#lua.bytesAt(main, -1))
  }

  /** Gives the table on top of the stack a function. What `run` throws comes back as (nil, message). */
  #setHost(name: string, run: (thread: Thread) => number): void {
    const { c, main } = this.#lua
    this.#lua.pushFunction((thread) => {
      try {
        return run(thread)
      } catch (error) {
        const isExpected = error instanceof Error && (name === 'encode' || name === 'decode')
        if (!isExpected) this.#fault ??= error
        c._lua_settop(thread, 0)
        c._lua_pushnil(thread)
        this.#lua.pushBytes(thread, isExpected ? error.message : 'the host function failed')
        return 2
      }
    })
    c._lua_setfield(main, -2, this.#lua.name(name))
  }

  #setGlobal(name: 'KEYS' | 'ARGV', items: readonly Bytes[]): void {
    this.#values.pushList(this.#lua.main, items)
    this.#lua.c._lua_setfield(this.#lua.main, GLOBALS, this.#lua.name(name))
  }

  #call(thread: Thread): number {
    const { c } = this.#lua
    const words: Bytes[] = []
    const count = c._lua_gettop(thread)
    for (let at = 1; at <= count; at++) {
      const type = c._lua_type(thread, at)
      if (type === LUA_TYPE.string) words.push(this.#lua.bytesAt(thread, at))
      else if (type === LUA_TYPE.number) words.push(formatLuaNumber(c._lua_tonumber(thread, at)))
      else return this.#answer(thread, 'ERR Lua redis lib command arguments must be strings or integers')
    }
    const [name, ...args] = words
    if (name === undefined) {
      return this.#answer(thread, 'ERR Please specify at least one argument for this redis.call() call')
    }
    this.#values.push(thread, this.#host.call([name, ...args]))
    return 1
  }

  #answer(thread: Thread, problem: string): number {
    this.#values.push(thread, new RedisError(problem))
    return 1
  }

  #sha1hex(thread: Thread): number {
    const text = this.#lua.bytesAt(thread, 1)
    this.#lua.pushBytes(thread, createHash('sha1').update(text, 'latin1').digest('hex'))
    return 1
  }

  #log(thread: Thread): number {
    this.#host.log(`script: ${this.#lua.bytesAt(thread, -1)}`)
    return 0
  }

  #stopWhenLate(thread: Thread): undefined {
    if (this.#clock() < this.#deadline) return
    // From here on at every line, so that a pcall in the script cannot swallow the end for good.
    this.#lua.c._lua_sethook(thread, this.#hook, MASK_LINE | MASK_COUNT, HOOK_EVERY_INSTRUCTIONS)
    this.#lua.pushBytes(thread, `Error running script: it ran for more than ${SCRIPT_LIMIT_MS} ms`)
    this.#lua.c._lua_error(thread)
  }

  #throwFault(): void {
    const fault = this.#fault
    this.#fault = undefined
    if (fault !== undefined) throw fault
  }
}

/** Numbers reach a command as C's "%.17g" prints them (script_lua.c, luaRedisGenericCommand). */
function formatLuaNumber(value: number): Bytes {
  if (Number.isSafeInteger(value)) return String(value)
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  const [digits = '', exponent] = value.toPrecision(17).split('e')
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
  if (exponent === undefined) return short
  return `${short}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}
