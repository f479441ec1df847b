import { setTimeout as sleep } from 'node:timers/promises'
import type { MongoClient } from 'mongodb'
import type { PeersWorker } from '../peers-worker.ts'
import { ask } from './question.ts'

/** The driver opens its monitors' connections after the first operation was answered. */
const SETTLE_MS = 1_500
const ANSWER_MS = 5_000

/**
 * How many connections the server sees of one MongoClient that nobody uses. Right as long as no others come and go on
 * that server meanwhile; `null` when the server does not count them.
 */
export async function idleConnections(peers: PeersWorker, observer: MongoClient): Promise<number | null> {
  const count = async (): Promise<number | undefined> => {
    await sleep(SETTLE_MS)
    const status = await observer.db('admin').command({ serverStatus: 1 })
    return (status.connections as { current: number } | undefined)?.current
  }
  const before = await count()
  const { outcome: after } = await peers.fresh(async (url) => {
    await ask(`${url}/kept/idle`, 'mongo', ANSWER_MS)
    return count()
  })
  return before === undefined || after === undefined ? null : after - before
}
