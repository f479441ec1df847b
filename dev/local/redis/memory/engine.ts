import { type Backend, discarded } from '../backend.ts'
import { type Command, RedisError, type Reply } from '../reply.ts'
import { type CommandSpec, type CommandTable, type Context, findCommand, read, write } from './command.ts'
import { HASH_EXPIRY } from './hash-expiry.ts'
import { HASHES } from './hashes.ts'
import { KEYS } from './keys.ts'
import { Keyspace } from './keyspace.ts'
import { LISTS } from './lists.ts'
import { LuaMachine } from './lua-machine.ts'
import { type LuaState, openLuaState } from './lua-state.ts'
import { Scripts } from './scripts.ts'
import { SETS } from './sets.ts'
import { SORTED_SETS } from './sorted-sets.ts'
import { STRINGS } from './strings.ts'

/** Everything but scripts themselves: one may not call another. */
const IN_SCRIPTS: ReadonlyMap<string, CommandSpec> = new Map(
  [STRINGS, KEYS, HASHES, HASH_EXPIRY, LISTS, SETS, SORTED_SETS].flatMap((table) => Object.entries(table)),
)

export interface EngineOptions {
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  readonly random?: () => number
  readonly log?: (line: string) => void
}

/** Loads the Lua interpreter and starts with no keys. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  return new Engine(await openLuaState(), options)
}

/** Redis' commands over one keyspace. Everything is synchronous, and so scripts and transactions are atomic. */
export class Engine implements Pick<Backend, 'run' | 'transaction'> {
  readonly keys = new Keyspace()
  readonly #clock: () => number
  readonly #context: Context
  readonly #machine: LuaMachine
  readonly #commands: ReadonlyMap<string, CommandSpec>
  /** Whether the script that runs may only read. */
  #isReadOnly = false

  constructor(
    lua: LuaState,
    { clock = Date.now, random = Math.random, log = () => undefined }: EngineOptions,
  ) {
    this.#clock = clock
    this.#context = { keys: this.keys, random }
    this.#machine = new LuaMachine(lua, { call: (command) => this.#callFromScript(command), log })
    this.#commands = new Map([
      ...IN_SCRIPTS,
      ...Object.entries(this.#scriptCommands(new Scripts(this.#machine))),
    ])
  }

  close(): void {
    this.#machine.close()
  }

  async run(command: Command): Promise<Reply> {
    return this.execute(command)
  }

  async transaction(commands: readonly Command[]): Promise<readonly Reply[] | RedisError> {
    const problem = attempt(() => {
      for (const command of commands) findCommand(this.#commands, command)
      return null
    })
    if (problem instanceof RedisError) return new RedisError(discarded(problem.message))
    this.tick()
    return commands.map((command) => this.#call(command))
  }

  /** Runs one command now. Redis' errors come back as replies; anything thrown is a bug. */
  execute(command: Command): Reply {
    this.tick()
    return this.#call(command)
  }

  /** Lets time move on: to be called before looking at the keys from outside. */
  tick(): void {
    this.keys.now = this.#clock()
  }

  #call(command: Command): Reply {
    return attempt(() => findCommand(this.#commands, command).run(this.#context, command.slice(1)))
  }

  #callFromScript(command: Command): Reply {
    return attempt(() => {
      const spec = findCommand(IN_SCRIPTS, command)
      if (this.#isReadOnly && spec.isWrite) {
        throw new RedisError('ERR Write commands are not allowed from read-only scripts.')
      }
      return spec.run(this.#context, command.slice(1))
    })
  }

  #scriptCommands(scripts: Scripts): CommandTable {
    const evaluate = (name: string) =>
      write(-3, (_, args) =>
        scripts.evaluate(name, args, (isReadOnly) => {
          this.#isReadOnly = isReadOnly
        }),
      )
    return {
      EVAL: evaluate('EVAL'),
      EVALSHA: evaluate('EVALSHA'),
      EVAL_RO: evaluate('EVAL_RO'),
      EVALSHA_RO: evaluate('EVALSHA_RO'),
      SCRIPT: read(-2, (_, args) => scripts.manage(args)),
    }
  }
}

/** What Redis refuses is an answer. */
function attempt(work: () => Reply): Reply {
  try {
    return work()
  } catch (error) {
    if (error instanceof RedisError) return error
    throw error
  }
}
