import { afterEach, expect, test, vi } from 'vitest'
import { localVariables } from '../../dev/variables.ts'

const STACK = {
  DB_ENV: 'development',
  DB_PRIMARY_DB_URL: 'postgres://app@127.0.0.1:1/app',
  DB_REPLICA_DB_URL: 'postgres://app@127.0.0.1:2/app',
  NEON_WS_PROXY: '127.0.0.1:3/v2,127.0.0.1:4/v2',
  JWT_SECRET: 's'.repeat(32),
}

afterEach(() => vi.unstubAllEnvs())

test("the stack's variables hold where the environment sets none", () => {
  expect(localVariables(STACK)).toEqual(STACK)
})

test("with a primary of the environment the stack's replica is left out, unless there is one of the environment too", () => {
  vi.stubEnv('DB_PRIMARY_DB_URL', 'postgres://app@db.test/app')
  expect(localVariables(STACK)).toMatchObject({
    DB_PRIMARY_DB_URL: 'postgres://app@db.test/app',
    DB_REPLICA_DB_URL: '',
    NEON_WS_PROXY: '127.0.0.1:3/v2',
  })
  vi.stubEnv('DB_REPLICA_DB_URL', 'postgres://app@replica.test/app')
  vi.stubEnv('NEON_WS_PROXY', '')
  expect(localVariables(STACK)).toMatchObject({
    DB_REPLICA_DB_URL: 'postgres://app@replica.test/app',
    NEON_WS_PROXY: '',
  })
})
