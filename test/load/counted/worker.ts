import door, {
  PasswordHasher,
  Ledger as RealLedger,
  Meter as RealMeter,
  PoolHost as RealPoolHost,
} from '../../../src/index.ts'

/**
 * Rockpool as it is, with every call that its objects get, every statement of their storage and every timer counted:
 * what a deployment does by itself is what it costs while nobody uses it. All of it runs in one isolate locally.
 */
const counts = { calls: {} as Record<string, number>, writes: 0, timers: 0 }

const setTimer = globalThis.setTimeout
globalThis.setTimeout = ((...args: Parameters<typeof setTimer>) => {
  counts.timers++
  return setTimer(...args)
}) as typeof setTimer

/** A class whose public methods and whose storage's writes are counted. */
function counted<C extends new (ctx: DurableObjectState, env: never) => object>(Class: C, name: string): C {
  const Counted = class extends (Class as new (ctx: DurableObjectState, env: never) => object) {
    constructor(ctx: DurableObjectState, env: never) {
      const { sql } = ctx.storage
      const exec = sql.exec.bind(sql)
      const counting = new Proxy(sql, {
        get: (_, key) => {
          if (key !== 'exec') return Reflect.get(sql, key, sql)
          return (...args: Parameters<typeof exec>) => {
            if (/^\s*(INSERT|DELETE|UPDATE)/i.test(args[0])) counts.writes++
            return exec(...args)
          }
        },
      })
      super(withStorage(ctx, counting), env)
    }
  }
  for (const method of Object.getOwnPropertyNames(Class.prototype)) {
    const real: unknown = Object.getOwnPropertyDescriptor(Class.prototype, method)?.value
    if (method === 'constructor' || typeof real !== 'function') continue
    Object.defineProperty(Counted.prototype, method, {
      value(this: object, ...args: unknown[]) {
        const key = `${name}.${method}`
        counts.calls[key] = (counts.calls[key] ?? 0) + 1
        return Reflect.apply(real, this, args)
      },
    })
  }
  return Counted as unknown as C
}

/** `ctx` with another view of its SQL storage; everything else stays the runtime's own. */
function withStorage(ctx: DurableObjectState, sql: SqlStorage): DurableObjectState {
  const storage = new Proxy(ctx.storage, {
    get: (target, key) => (key === 'sql' ? sql : Reflect.get(target, key, target)),
  })
  Object.defineProperty(ctx, 'storage', { value: storage, configurable: true })
  return ctx
}

export const PoolHost = counted(RealPoolHost, 'PoolHost')
export const Ledger = counted(RealLedger, 'Ledger')
export const Meter = counted(RealMeter, 'Meter')
export { PasswordHasher }

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== '/counts') return door.fetch(request, env, ctx)
    return Response.json(counts)
  },
} satisfies ExportedHandler<Parameters<typeof door.fetch>[1]>
