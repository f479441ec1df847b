import { afterAll, beforeAll } from 'vitest'

/** One of something for all tests of a file: opened before them and closed after them, with its members there between. */
export function shared<T extends AsyncDisposable>(open: () => Promise<T>): T {
  let opened: T | undefined
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened?.[Symbol.asyncDispose]())
  return new Proxy({} as T, {
    get(_, name) {
      if (!opened) throw new Error(`${String(name)} is not there before the tests`)
      return Reflect.get(opened, name)
    },
  })
}
