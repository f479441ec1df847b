import type { ClientSession, Db } from 'mongodb'
import { expect, test, vi } from 'vitest'
import { MongoTransactions } from '../../../src/engines/mongo-transactions.ts'

const LIMITS = { maxTimeMS: 1000 }

/** A deployment that says `hello` so, and repeats a transaction as often as `attempts` says. No real one is at hand. */
function deployment(hello: object | Error, attempts = 1) {
  const command = vi.fn(async () => {
    if (hello instanceof Error) throw hello
    return hello
  })
  let now = 0
  const session = {
    withTransaction: vi.fn(async (work: () => Promise<unknown>, _options: object) => {
      for (let n = 1; n < attempts; n++) {
        await work()
        now += 600
      }
      return work()
    }),
  }
  const client = {
    withSession: (work: (session: ClientSession) => unknown) => work(session as unknown as ClientSession),
  }
  const transactions = new MongoTransactions(client as never, () => now)
  const write = vi.fn(async (_db: Db, _options: object) => 'written')
  const run = () => transactions.run({ command } as unknown as Db, LIMITS, write)
  return { command, session, write, run }
}

test.each([
  ['a replica set', { setName: 'rs0' }],
  ['a sharded cluster', { msg: 'isdbgrid' }],
])('on %s a multi-step write is one transaction, committed by the majority', async (_, hello) => {
  const { run, session, write } = deployment(hello)
  expect(await run()).toBe('written')
  expect(write).toHaveBeenCalledWith(expect.anything(), { maxTimeMS: 1000, session })
  expect(session.withTransaction.mock.calls[0]?.[1]).toEqual({
    readConcern: { level: 'snapshot' },
    writeConcern: { w: 'majority' },
    maxCommitTimeMS: 1000,
  })
})

test('on a standalone server, which has no transactions, its steps are made without one', async () => {
  const { run, session, write } = deployment({ isWritablePrimary: true })
  expect(await run()).toBe('written')
  expect(write).toHaveBeenCalledWith(expect.anything(), { maxTimeMS: 1000 })
  expect(session.withTransaction).not.toHaveBeenCalled()
})

test('a deployment is asked once what it is, and again only after it did not answer', async () => {
  const { run, command } = deployment({ setName: 'rs0' })
  for (let n = 0; n < 3; n++) await run()
  expect(command).toHaveBeenCalledTimes(1)
  const silent = deployment(new Error('lost'))
  for (let n = 0; n < 2; n++) await expect(silent.run()).rejects.toThrow('lost')
  expect(silent.command).toHaveBeenCalledTimes(2)
  expect(silent.write).not.toHaveBeenCalled()
})

test('a transaction that others keep in the way is given up when the time of a statement is over', async () => {
  const { run, write } = deployment({ setName: 'rs0' }, 100)
  await expect(run()).rejects.toMatchObject({ code: 'transaction_conflict' })
  expect(write).toHaveBeenCalledTimes(2)
})
